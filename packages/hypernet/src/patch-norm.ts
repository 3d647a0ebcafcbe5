/** The norms that hyperspherical networks divide by (method: §4, §12). */
import { patchEnergy as energyOf } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** Under every root, as in the authors' code: an empty patch has no direction, and no NaN either. */
const EPSILON = 1e-4;

/** Σ x² over the k×k window and all channels: [B,H,W,1]. */
export function patchEnergy(x: tf.Tensor4D, k: number): tf.Tensor4D {
  return energyOf(x, [k, k], { pad: 'same' });
}

/** 1 / √(energy + 1e-4). */
export function inverseNorm(energy: tf.Tensor): tf.Tensor {
  return tf.rsqrt(tf.add(energy, EPSILON));
}
