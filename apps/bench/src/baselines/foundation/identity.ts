/**
 * Identity and Cast. The stock kernels copy; tfjs clones every tensor that a gradient will read, so a training
 * step's memory is mostly such copies. Tensors never change, so the clone can share its original's memory.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { override } from './override';

export const identity = override(tf.Identity, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  return x.dtype === 'string' ? stock(call) : share(x, call.backend);
});

export const cast = override<tf.CastAttrs>(tf.Cast, (call, stock) => {
  const x = call.inputs.x as tf.Tensor;
  return x.dtype !== call.attrs.dtype || x.dtype === 'string' ? stock(call) : share(x, call.backend);
});

function share(x: tf.Tensor, backend: BackendWasm): tf.TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}
