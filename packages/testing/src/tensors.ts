/** Between the oracles' float64 arrays and tfjs tensors. */
import * as tf from '@tensorflow/tfjs-core';
import { type NdArray, ndArray } from './oracle/array';

/** A float32 tensor of the array; the caller disposes it. */
export function toTensor<R extends tf.Rank = tf.Rank>(array: NdArray): tf.Tensor<R> {
  return tf.tensor<R>(Float32Array.from(array.data), [...array.shape] as tf.ShapeMap[R], 'float32');
}

/** The tensor's values; disposes nothing. */
export async function fromTensor(tensor: tf.Tensor): Promise<NdArray> {
  return ndArray(tensor.shape, await tensor.data());
}
