/**
 * Transpose. Where the first and the last axis change places around large maps (the turned maps of the convolutions'
 * gradients), the stock kernel misses the cache at every element; here blocks are turned.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';

/** Elements from which on the stock kernel is the slower. */
const LARGE = 1 << 18;
/** Side of a block: 32 lines of the cache on either side. */
const BLOCK = 32;

export const transpose = override<tf.TransposeAttrs>(tf.Transpose, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  const { perm } = call.attrs;
  const last = x.rank - 1;
  const exchanged = x.rank > 2 && perm.every((axis, i) => axis === (i === 0 ? last : i === last ? 0 : i));
  if (!exchanged || x.size < LARGE || x.dtype !== 'float32') return stock(call);
  return exchangeEnds(x, call.backend);
});

/** x [A,...,C] as [C,...,A]. */
function exchangeEnds(x: tf.Tensor, backend: BackendWasm): tf.TensorInfo {
  const outer = x.shape[0] as number;
  const inner = x.shape[x.rank - 1] as number;
  const middle = x.size / outer / inner;
  const out = backend.makeOutput([inner, ...x.shape.slice(1, -1), outer], 'float32');
  // As whole numbers: floats would be widened and narrowed on the way.
  const words = (t: tf.TensorInfo) => {
    const { buffer, byteOffset, length } = backend.typedArrayFromHeap(t);
    return new Int32Array(buffer, byteOffset, length);
  };
  const to = words(out);
  const from = words(x);
  const step = middle * inner;
  for (let m = 0; m < middle; m++)
    for (let a0 = 0; a0 < outer; a0 += BLOCK) {
      const a1 = Math.min(outer, a0 + BLOCK);
      for (let c0 = 0; c0 < inner; c0 += BLOCK) {
        const c1 = Math.min(inner, c0 + BLOCK);
        for (let c = c0; c < c1; c++) {
          let read = (a0 * middle + m) * inner + c;
          let write = (c * middle + m) * outer + a0;
          for (let a = a0; a < a1; a++, read += step) to[write++] = from[read] as number;
        }
      }
    }
  return out;
}
