/**
 * ‖v‖ = √(Σv² + ε) of kernels and patches, and the cosine between them (method: §13). ε, 1e-4 in the authors' code, gives
 * what has no direction a norm: zero patches and kernels have the cosine 0 and finite gradients.
 *
 * Norms are carried times `SCALE`, a power of two that rounds nothing: the squares of inputs of 1e20, and the powers of
 * norms that second derivatives divide by, are then numbers that float32 holds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { masked } from '../layers/compare';
import type { Products } from '../parts';

const SCALE = 2 ** -16;

/** √(energy + ε) of an energy that is times SCALE². */
const scaledNorm = <T extends tf.Tensor>(energy: T, epsilon: number): T =>
  tf.sqrt(tf.add<T>(energy, epsilon * SCALE * SCALE));

/** w/‖w‖ [kh,kw,C,F], and ‖w‖ of each filter [F]. @param energy ‖SCALE·w‖² [F]. */
function unit(w: tf.Tensor4D, energy: tf.Tensor1D, epsilon: number, scale: number) {
  const norm = scaledNorm(energy, epsilon);
  return { kernel: tf.mul<tf.Tensor4D>(w, tf.mul(tf.reciprocal(norm), scale * SCALE)), norm };
}

/** A kernel [kh,kw,C,F], each filter over its norm; and the norms [F]. @param mask D, where there is one. */
export function unitKernel(
  w: tf.Tensor4D,
  epsilon: number,
  mask?: tf.Tensor,
): { kernel: tf.Tensor4D; norm: tf.Tensor1D } {
  const energy = tf.sum<tf.Tensor1D>(masked(tf.square(tf.mul<tf.Tensor4D>(w, SCALE)), mask), [0, 1, 2]);
  const { kernel, norm } = unit(w, energy, epsilon, 1);
  return { kernel, norm: tf.div(norm, SCALE) };
}

export interface Polar {
  /** cos θ between each kernel and patch [B,H',W',F]. */
  readonly cosine: tf.Tensor4D;
  /** ‖patch‖ [B,H',W',1]. */
  patchNorm(): tf.Tensor4D;
  /** ‖w‖ [F]. */
  kernelNorm(): tf.Tensor1D;
}

/** The products of kernel and patches as angles and norms. @param epsilon ε, above 0. */
export function polar(products: Products, epsilon: number): Polar {
  const patch = scaledNorm(products.patchEnergy(SCALE), epsilon);
  const { kernel, norm } = unit(products.kernel, products.kernelEnergy(SCALE), epsilon, SCALE);
  return {
    // Multiplied, not divided: engines broadcast products faster.
    cosine: tf.mul(products.dot(kernel), tf.reciprocal(patch)),
    patchNorm: () => tf.div(patch, SCALE),
    kernelNorm: () => tf.div(norm, SCALE),
  };
}
