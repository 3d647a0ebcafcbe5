/**
 * The penalty λ/2‖WᵀW − I‖² on a weight, as [values of one filter, filters]: filters of norm 1 that are orthogonal to each
 * other (SphereNet, Liu et al. 2017; method: §12). As L2 it is no part of the loss that is told, but of the update.
 */
import type { WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from './run-config';

/** λ of a weight: its own, or its role's; 0 for one that has no filters. */
export function orthogonalityOf(
  { variable, role, orthogonality }: WeightInfo,
  byRole: RunConfig['orthogonality'],
): number {
  if (variable.shape.length < 2) return 0;
  return orthogonality ?? (role === 'filter' || role === 'predictor' ? byRole[role] : 0);
}

/**
 * Its gradient, 2λ·W(WᵀW − I), in the weight's shape.
 * @param weight of rank 2 or more, filters last; of rank 5, [n,kh,kw,C,F], it is n kernels, and each is a W.
 */
export function orthogonalityGradient(weight: tf.Tensor, lambda: number): tf.Tensor {
  return tf.tidy(() => {
    const filters = weight.shape.at(-1) as number;
    const one = [weight.size / filters, filters];
    const several = [weight.shape[0] as number, weight.size / (weight.shape[0] as number) / filters, filters];
    const w = tf.reshape(weight, weight.rank === 5 ? several : one);
    const excess = tf.sub(tf.matMul(w, w, true), tf.eye(filters));
    return tf.reshape(tf.mul(tf.matMul(w, excess), 2 * lambda), weight.shape);
  });
}
