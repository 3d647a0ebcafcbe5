import * as tf from '@tensorflow/tfjs-core';

/** tf.split that gives back a lone piece as it is: the gradient of tfjs's fails for one. */
export function pieces<T extends tf.Tensor>(x: T, sizes: number | number[], axis: number): T[] {
  const isOne = sizes === 1 || (Array.isArray(sizes) && sizes.length === 1);
  return isOne ? [x] : (tf.split(x, sizes, axis) as T[]);
}
