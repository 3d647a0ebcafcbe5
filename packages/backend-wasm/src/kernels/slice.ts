/**
 * Slice and SplitV. The stock kernels copy the whole input out of the heap for every slice, and then each run of
 * the last axis on its own; these copy the runs that are contiguous in the input, once.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { copyBlock } from '../copy-block';
import { addressesOf } from '../native/native';
import { override } from '../override';

export const slice = override<tf.SliceAttrs>(tf.Slice, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  if (x.dtype === 'string') return stock(call);
  const { begin, size } = call.attrs;
  const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  return copy(x, from, sizes, call.backend);
});

export const splitV = override<tf.SplitVAttrs>(tf.SplitV, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  if (x.dtype === 'string') return stock(call);
  const axis = tf.util.parseAxisParam(call.attrs.axis, x.shape)[0] as number;
  const begin = x.shape.map(() => 0);
  const parts: tf.TensorInfo[] = [];
  try {
    for (const length of tf.backend_util.prepareSplitSize(x, call.attrs.numOrSizeSplits, axis)) {
      const size = x.shape.map((whole, i) => (i === axis ? length : whole));
      parts.push(copy(x, begin, size, call.backend));
      begin[axis] = (begin[axis] as number) + length;
    }
  } catch (error) {
    for (const { dataId } of parts) call.backend.disposeData(dataId);
    throw error;
  }
  return parts;
});

function copy(x: tf.Tensor, begin: number[], size: number[], backend: BackendWasm): tf.TensorInfo {
  // What another backend holds is moved into the heap first: views are taken when it grows no more.
  addressesOf(backend, x);
  const out = backend.makeOutput(size, x.dtype);
  const none = size.map(() => 0);
  copyBlock(backend.typedArrayFromHeap(x), x.shape, begin, backend.typedArrayFromHeap(out), size, none, size);
  return out;
}
