/** Σ (scale·x)² over the channels as one kernel: what hyperspherical operators divide by. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const SQUARED_NORM = 'NeusimSquaredNorm';

export interface SquaredNormAttrs {
  /** Factor on x, multiplied before the square. */
  readonly scale: number;
}

const kernel: SeamKernel<{ x: tf.Tensor }, [tf.Tensor], SquaredNormAttrs> = {
  name: SQUARED_NORM,
  inputs: ['x'],
  shapes: ({ x }) => [[...x.shape.slice(0, -1), 1]],
  composed: ({ x }, { scale }) => [tf.sum(tf.square(scale === 1 ? x : tf.mul(x, scale)), -1, true)],
  gradient: ([dy], { x }, { scale }) => ({ x: () => tf.mul(x, tf.mul(dy, 2 * scale * scale)) }),
};

/**
 * Σ (scale·x)² over the last axis, which stays with length 1. Differentiable to any order.
 * @param x [..., C] float32. @param scale keeps the squares of very large values within float32 where it is below 1;
 *   a power of two rounds nothing. @returns [..., 1].
 */
export function squaredNorm(x: tf.Tensor, scale = 1): tf.Tensor {
  return runKernel(kernel, { x }, { scale })[0];
}
