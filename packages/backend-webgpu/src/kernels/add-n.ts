/** Sums of many tensors: the stock kernel takes no more than one program may bind. */
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';

export const addN = override<object>(tf.AddN, ({ inputs, gpu }, stock) => {
  const most = gpu.device.limits.maxStorageBuffersPerShaderStage - 1;
  const tensors = Object.values(inputs);
  if (tensors.length <= most) return stock();
  return tf.tidy(() => {
    const parts: tf.Tensor[] = [];
    for (let i = 0; i < tensors.length; i += most) parts.push(tf.addN(tensors.slice(i, i + most)));
    return tf.addN(parts);
  });
});
