/** Σ x² over the channels as one kernel: what hyperspherical operators divide by. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const SQUARED_NORM = 'NeusimSquaredNorm';

const kernel: SeamKernel<{ x: tf.Tensor }, [tf.Tensor], object> = {
  name: SQUARED_NORM,
  inputs: ['x'],
  shapes: ({ x }) => [[...x.shape.slice(0, -1), 1]],
  composed: ({ x }) => [tf.sum(tf.square(x), -1, true)],
  gradient: ([dy], { x }) => ({ x: () => tf.mul(x, tf.mul(dy, 2)) }),
};

/**
 * Σ x² over the last axis, which stays with length 1. Differentiable to any order.
 * @param x [..., C] float32. @returns [..., 1].
 */
export function squaredNorm(x: tf.Tensor): tf.Tensor {
  return runKernel(kernel, { x }, {})[0];
}
