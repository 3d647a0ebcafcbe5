/**
 * What a decoupled response makes of the norm n of a patch: h(n) (method: §13; DCNets, Liu et al. 2018). `sphere`, `ball`
 * and `tanh` are bounded, the others grow with n.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Magnitude } from './options';

/**
 * h of n [B,H',W',1]: in the same shape, or [B,H',W',F] where ρ is of each filter.
 * @param radius ρ, above 0, of those that have one: [F] or a number.
 */
export function magnitudeOf(
  magnitude: Magnitude,
  n: tf.Tensor4D,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
  radius: tf.Tensor | number,
): tf.Tensor {
  /** n/ρ. */
  const inRadii = () => tf.mul(n, typeof radius === 'number' ? 1 / radius : tf.reciprocal(radius));
  switch (magnitude) {
    case 'sphere':
      return tf.scalar(alpha);
    case 'ball':
      return tf.mul(ball(inRadii()), alpha);
    case 'tanh':
      return tf.mul(tf.tanh(inRadii()), alpha);
    case 'linear':
      return tf.mul(n, alpha);
    case 'seg':
      return tf.add(tf.mul(n, alpha), tf.mul(tf.relu(tf.sub(n, radius)), beta - alpha));
    case 'log':
      return tf.mul(tf.log1p(n), alpha);
    case 'mix':
      return tf.add(tf.mul(n, alpha), tf.mul(tf.log1p(n), beta));
  }
}

/** min(t, 1), as exact for small and for large t. */
const ball = (t: tf.Tensor) => tf.div(t, tf.add(1, tf.relu(tf.sub(t, 1))));
