/**
 * What a response makes of the angle θ between kernel and patch: g(θ), which falls from 1 at θ = 0 over 0 at a right angle
 * to −1 (method: §13; SphereNet, Liu et al. 2017; DCNets, Liu et al. 2018). All are odd functions of the cosine, written
 * with arcsin(cos θ) = π/2 − θ.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { Weight } from '../parts';
import { clippedArcsin } from './arcsin';
import type { Angle } from './options';

/** k of `sigmoid`, in the authors' code. */
export const SIGMOID_K = 0.3;
/** k = |k₀| + 0.05 of `learned-sigmoid`, in the authors' code. */
const LEARNED_START = 0.7;
const LEAST_K = 0.05;

/** The weights that an angle has: k₀ of each filter, [F]. */
export function angleWeights(angle: Angle, filters: number): Weight[] {
  if (angle !== 'learned-sigmoid') return [];
  const init = initializers.constant({ value: LEARNED_START });
  return [{ name: 'sharpness', shape: [filters], init, role: 'similarity' }];
}

/**
 * g of cos θ [B,H',W',F], in the same shape.
 * @param k of `sigmoid`, above 0. @param sharpness k₀ [F] of `learned-sigmoid`.
 */
export function angular(
  angle: Angle,
  cosine: tf.Tensor4D,
  k: number,
  sharpness: tf.Tensor | undefined,
): tf.Tensor4D {
  switch (angle) {
    case 'cosine':
      return cosine;
    case 'linear':
      return tf.mul(clippedArcsin(cosine), 2 / Math.PI);
    case 'square-cosine':
      return tf.mul(cosine, tf.abs(cosine));
    case 'sigmoid': {
      const curve = tf.tanh(tf.mul<tf.Tensor4D>(clippedArcsin(cosine), 1 / (2 * k)));
      return tf.mul(curve, 1 / Math.tanh(Math.PI / (4 * k)));
    }
    case 'learned-sigmoid': {
      const steepness = tf.reciprocal(tf.mul(tf.add(tf.abs(sharpness as tf.Tensor), LEAST_K), 2));
      const curve = tf.tanh(tf.mul<tf.Tensor4D>(clippedArcsin(cosine), steepness));
      return tf.mul(curve, tf.reciprocal(tf.tanh(tf.mul(steepness, Math.PI / 2))));
    }
  }
}
