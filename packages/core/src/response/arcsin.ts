/**
 * arcsin for angles between vectors: θ = arccos(c) is π/2 − arcsin(c). The cosine is clipped to ±(1 − 1e-6) (method:
 * §13), where the derivative 1/√(1 − c²) is 707; tfjs's gradients of asin and acos end at infinity at ±1, and its clip has
 * no second order.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from '../seam/kernel';

/** Largest |c|. */
export const LARGEST_COSINE = 1 - 1e-6;

const kernel: SeamKernel<{ c: tf.Tensor }, [tf.Tensor], object> = {
  name: 'NeusimClippedArcsin',
  inputs: ['c'],
  shapes: ({ c }) => [c.shape],
  composed: ({ c }) => [tf.asin(tf.clipByValue(c, -LARGEST_COSINE, LARGEST_COSINE))],
  gradient: ([dy], { c }) => ({
    c: () => {
      // 1 within, 0 beyond: a step has a gradient at every order, and it is zero.
      const within = tf.step(tf.sub(LARGEST_COSINE, tf.abs(c)));
      const derivative = tf.mul(within, tf.rsqrt(tf.sub(1, tf.square(tf.mul(within, c)))));
      return tf.mul(dy, derivative);
    },
  }),
};

/**
 * arcsin of c clipped to ±(1 − 1e-6), in radians. Differentiable to any order; beyond the clip the gradient is 0, nowhere
 * is it infinite.
 */
export function clippedArcsin<T extends tf.Tensor>(c: T): T {
  return runKernel(kernel, { c }, {})[0] as T;
}
