/**
 * What a class looks like: the mean of its examples (Snell et al. 2017, equation 1), or their sum. One product with a
 * constant matrix, so that gradients are right to any order on every engine.
 */
import * as tf from '@tensorflow/tfjs-core';
import { requireSupport } from '../examples';

/**
 * The mean of each class's examples, [way,…].
 * @param x [n,…]. @param labels [n], 0..way - 1.
 * @throws NeusimError FEWSHOT_BAD_SUPPORT where a class has none, or labels do not fit.
 */
export function prototypes<T extends tf.Tensor>(x: T, labels: Int32Array, way: number): T {
  const counts = requireSupport({ x, labels }, way);
  return weightedSums(x, labels, way, (label) => 1 / counts[label]!);
}

/**
 * The sum of each class's examples, [way,…].
 * @throws NeusimError FEWSHOT_BAD_SUPPORT as `prototypes`.
 */
export function classSums<T extends tf.Tensor>(x: T, labels: Int32Array, way: number): T {
  requireSupport({ x, labels }, way);
  return weightedSums(x, labels, way, () => 1);
}

/** Σ over the examples of each class, times what its label weighs. */
function weightedSums<T extends tf.Tensor>(
  x: T,
  labels: Int32Array,
  way: number,
  weight: (label: number) => number,
): T {
  return tf.tidy(() => {
    const count = labels.length;
    const values = new Float32Array(way * count);
    for (const [place, label] of labels.entries()) values[label * count + place] = weight(label);
    const flat = tf.reshape(x, [count, -1]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(tf.tensor2d(values, [way, count]), flat), [way, ...x.shape.slice(1)]) as T;
  });
}
