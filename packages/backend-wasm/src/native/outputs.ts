/** Tensors that a kernel fills. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';

/** A float32 tensor of zeros. */
export function zeros(backend: BackendWasm, shape: readonly number[]): tf.TensorInfo {
  return filled(backend, backend.makeOutput([...shape], 'float32'));
}

/** The tensor, filled with zeros. */
export function filled(backend: BackendWasm, out: tf.TensorInfo): tf.TensorInfo {
  backend.typedArrayFromHeap(out).fill(0);
  return out;
}

/** Float32 tensors of these shapes. Where there is memory for a few only, these are disposed of again. */
export function makeOutputs<S extends readonly (readonly number[])[]>(
  backend: BackendWasm,
  ...shapes: S
): { readonly [I in keyof S]: tf.TensorInfo } {
  const made: tf.TensorInfo[] = [];
  try {
    for (const shape of shapes) made.push(backend.makeOutput([...shape], 'float32'));
  } catch (error) {
    for (const { dataId } of made) backend.disposeData(dataId);
    throw error;
  }
  return made as unknown as { readonly [I in keyof S]: tf.TensorInfo };
}
