/** Tensors that a kernel fills. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';

/** A float32 tensor of zeros. */
export function zeros(backend: BackendWasm, shape: readonly number[]): tf.TensorInfo {
  const out = backend.makeOutput([...shape], 'float32');
  backend.typedArrayFromHeap(out).fill(0);
  return out;
}
