/**
 * BatchMatMul and the fused product of dense layers. XNNPACK's GEMM takes plain 2-D matrices alone; tfjs-wasm leaves
 * transposed or batched ones to a slow loop, which reads out of bounds where batches are broadcast.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { addressesOf, hasManyThreads, native, requireDone } from '../native/native';
import { zeros } from '../native/outputs';
import { override } from '../override';

export const batchMatMul = override<tf.BatchMatMulAttrs>(tf.BatchMatMul, (call, stock) => {
  const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
  const isThreaded = isPlain(a, b, call.attrs) && hasManyThreads(call.backend);
  return isThreaded || !areFloats(a, b) ? stock(call) : multiply(a, b, call.attrs, call.backend);
});

export const fusedMatMul = override<tf._FusedMatMulAttrs>(tf._FusedMatMul, (call, stock) => {
  const { a, b, bias } = call.inputs as { a: tf.Tensor; b: tf.Tensor; bias?: tf.Tensor };
  const { activation, transposeB } = call.attrs;
  const columns = b.shape[b.rank - (transposeB ? 2 : 1)] as number;
  const fits = areFloats(a, b) && (!bias || (bias.rank <= 1 && bias.size === columns));
  const isThreaded = isPlain(a, b, call.attrs) && hasManyThreads(call.backend);
  if (!fits || isThreaded || (activation !== 'linear' && activation !== 'relu')) return stock(call);
  const y = multiply(a, b, call.attrs, call.backend);
  const rows = tf.util.sizeFromShape(y.shape.slice(0, -1));
  if (bias || activation === 'relu') {
    const [yAt, biasAt] = addressesOf(call.backend, y, bias);
    native(call.backend).exports.finish(yAt, rows, columns, biasAt, activation === 'relu');
  }
  return y;
});

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const areFloats = (a: tf.Tensor, b: tf.Tensor) => a.dtype === 'float32' && b.dtype === 'float32';

/** Whether tfjs gives the product to XNNPACK: one plain matrix each. */
function isPlain(a: tf.Tensor, b: tf.Tensor, { transposeA, transposeB }: Transposes): boolean {
  const isOne = (t: tf.Tensor) => t.size > 0 && t.shape.slice(0, -2).every((size) => size === 1);
  return !transposeA && !transposeB && isOne(a) && isOne(b);
}

function multiply(
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA, transposeB }: Transposes,
  backend: BackendWasm,
): tf.TensorInfo {
  const outer = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  const shape = [...outer, m, n];
  if (a.size === 0 || b.size === 0 || tf.util.sizeFromShape(shape) === 0) return zeros(backend, shape);
  const out = backend.makeOutput(shape, 'float32');
  const { exports } = native(backend);
  const [aAt, bAt, outAt] = addressesOf(backend, a, b, out);
  const product = (
    left: number,
    strideA: number,
    right: number,
    strideB: number,
    to: number,
    count: number,
    rows: number,
  ) =>
    requireDone(
      exports.matMul(left, strideA, right, strideB, to, count, rows, n, k, transposeA, transposeB),
      'a matrix product',
      backend,
      [out],
    );
  const [bytesA, bytesB, bytesOut] = [4 * m * k, 4 * k * n, 4 * m * n];
  const batch = tf.util.sizeFromShape(outer);
  const [batchA, batchB] = [a.size / (m * k), b.size / (k * n)];
  if (batchB === 1 && !transposeA && batchA === batch) product(aAt, 0, bAt, 0, outAt, 1, batch * m);
  else if (isWhole(batchA, batch) && isWhole(batchB, batch))
    product(aAt, batchA === 1 ? 0 : bytesA, bAt, batchB === 1 ? 0 : bytesB, outAt, batch, m);
  else {
    const readA = broadcastOffsets(a.shape.slice(0, -2), outer);
    const readB = broadcastOffsets(b.shape.slice(0, -2), outer);
    for (let i = 0; i < batch; i++)
      product(
        aAt + bytesA * (readA[i] as number),
        0,
        bAt + bytesB * (readB[i] as number),
        0,
        outAt + bytesOut * i,
        1,
        m,
      );
  }
  return out;
}

const isWhole = (part: number, batch: number) => part === 1 || part === batch;

/** Which of the matrices shaped `shape` each of those shaped `outer` reads, in order. */
function broadcastOffsets(shape: readonly number[], outer: readonly number[]): number[] {
  const padded = [...outer.slice(shape.length).map(() => 1), ...shape];
  let offsets = [0];
  for (const [axis, size] of outer.entries()) {
    const own = padded[axis] as number;
    offsets = offsets.flatMap((offset) =>
      Array.from({ length: size }, (_, i) => offset * own + (own === 1 ? 0 : i)),
    );
  }
  return offsets;
}
