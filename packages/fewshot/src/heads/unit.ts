/** Lengths and directions of vectors. */
import * as tf from '@tensorflow/tfjs-core';

/** Under the root of a length: a vector of zeros has the direction zero. */
export const NORM_EPSILON = 1e-10;

/** Each vector along the axis over its length √(Σ x² + 1e-10). Differentiable to any order. */
export function unit(x: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  return tf.tidy(() => {
    const energy = tf.add(tf.sum(tf.square(x), axis, true), NORM_EPSILON);
    return tf.mul(x, tf.rsqrt(energy)) as tf.Tensor2D;
  });
}

/** √(Σ x² + 1e-10) */
export const norm = (x: ArrayLike<number>): number => Math.sqrt(dot(x, x) + NORM_EPSILON);

/** Σᵢ aᵢ·bᵢ */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
