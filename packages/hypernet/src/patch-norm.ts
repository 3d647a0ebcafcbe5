/** The norm of a patch, as predictors divide by it (method: §4). */
import { similarityConv2d, squaredNorm } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** Under every root, as in the authors' code: an empty patch has no direction, and no NaN either. */
const EPSILON = 1e-4;

/** Σ x² over the k×k window and all channels: [B,H,W,1]. Channels first, so that the window has but one. */
export function patchEnergy(x: tf.Tensor4D, k: number): tf.Tensor4D {
  const energy = squaredNorm(x) as tf.Tensor4D;
  return k === 1 ? energy : similarityConv2d(energy, tf.ones([k, k, 1, 1]), null, { pad: 'same' });
}

/** 1 / √(energy + 1e-4). */
export function inverseNorm(energy: tf.Tensor): tf.Tensor {
  return tf.rsqrt(tf.add(energy, EPSILON));
}
