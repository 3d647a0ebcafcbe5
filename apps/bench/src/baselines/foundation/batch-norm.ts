/** Batch norm in training and its gradient, statistics over all axes but the last. Frozen. */
import * as tf from '@tensorflow/tfjs-core';

type Inputs = Readonly<Record<string, tf.Tensor>>;

/** y, mean and variance from x, gamma and beta. */
export function batchNorm({ x, gamma, beta }: Inputs, { epsilon }: { epsilon: number }): tf.Tensor[] {
  const flat = rows(x as tf.Tensor);
  const mean = tf.mean(flat, 0);
  const variance = tf.mean(tf.squaredDifference(flat, mean), 0);
  const scale = tf.mul(gamma as tf.Tensor, tf.rsqrt(tf.add(variance, epsilon)));
  const shift = tf.sub(beta as tf.Tensor, tf.mul(mean, scale));
  return [tf.add(tf.mul(x as tf.Tensor, scale), shift), mean, variance];
}

/** dx, dgamma and dbeta. */
export function batchNormGrad(inputs: Inputs, { epsilon }: { epsilon: number }): tf.Tensor[] {
  const { x, dy, gamma, mean, variance } = inputs as Record<
    'x' | 'dy' | 'gamma' | 'mean' | 'variance',
    tf.Tensor
  >;
  const count = x.size / (x.shape[x.rank - 1] as number);
  const rstd = tf.rsqrt(tf.add(variance, epsilon));
  const normed = tf.mul(tf.sub(x, mean), rstd);
  const dbeta = tf.sum(rows(dy), 0);
  const dgamma = tf.sum(rows(tf.mul(dy, normed)), 0);
  const centred = tf.sub(dy, tf.div(dbeta, count));
  const dx = tf.mul(tf.sub(centred, tf.mul(normed, tf.div(dgamma, count))), tf.mul(gamma, rstd));
  return [dx, dgamma, dbeta];
}

function rows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1] as number]);
}
