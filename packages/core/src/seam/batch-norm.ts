/**
 * Batch normalisation with the statistics of the batch (biased variance), over all axes but the last. One kernel
 * forward and one for the gradient; the gradient's own gradient differentiates its composition, in which the
 * statistics are functions of x again, so that every order is right.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel, vjp } from './kernel';

export const BATCH_NORM_TRAINING = 'NeusimBatchNormTraining';
export const BATCH_NORM_TRAINING_GRAD = 'NeusimBatchNormTrainingGrad';

export interface BatchNormAttrs {
  readonly epsilon: number;
}

const forward: SeamKernel<BatchNormAttrs> = {
  name: BATCH_NORM_TRAINING,
  inputs: ['x', 'gamma', 'beta'],
  savedOutputs: [false, true, true],
  composed: ({ x, gamma, beta }, { epsilon }) => {
    const flat = rows(x as tf.Tensor);
    const mean = tf.mean(flat, 0);
    const variance = tf.mean(tf.squaredDifference(flat, mean), 0);
    const scale = tf.mul(gamma as tf.Tensor, tf.rsqrt(tf.add(variance, epsilon)));
    const shift = tf.sub(beta as tf.Tensor, tf.mul(mean, scale));
    return [tf.add(tf.mul(x as tf.Tensor, scale), shift), mean, variance];
  },
  gradient: ([dy], { x, gamma }, attrs, [mean, variance]) => {
    const inputs = { x, dy, gamma, mean, variance } as Record<string, tf.Tensor>;
    const [dx, dgamma, dbeta] = runKernel(grad, inputs, attrs) as tf.Tensor[];
    return { x: () => dx as tf.Tensor, gamma: () => dgamma as tf.Tensor, beta: () => dbeta as tf.Tensor };
  },
};

const grad: SeamKernel<BatchNormAttrs> = {
  name: BATCH_NORM_TRAINING_GRAD,
  inputs: ['x', 'dy', 'gamma', 'mean', 'variance'],
  composed: ({ x, dy, gamma, mean, variance }, { epsilon }) =>
    gradients(
      x as tf.Tensor,
      dy as tf.Tensor,
      gamma as tf.Tensor,
      mean as tf.Tensor,
      tf.rsqrt(tf.add(variance as tf.Tensor, epsilon)),
    ),
  gradient: (dds, { x, dy, gamma, mean, variance }, { epsilon }) => {
    const [dx, ddy, dgamma] = vjp(
      (x, dy, gamma) => {
        const flat = rows(x as tf.Tensor);
        const mean = tf.mean(flat, 0);
        const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(flat, mean)), 0), epsilon));
        return gradients(x as tf.Tensor, dy as tf.Tensor, gamma as tf.Tensor, mean, rstd);
      },
      [x as tf.Tensor, dy as tf.Tensor, gamma as tf.Tensor],
      dds,
    );
    return {
      x: () => dx as tf.Tensor,
      dy: () => ddy as tf.Tensor,
      gamma: () => dgamma as tf.Tensor,
      // x's gradient holds the whole of it: the statistics are functions of x there.
      mean: () => tf.zerosLike(mean as tf.Tensor),
      variance: () => tf.zerosLike(variance as tf.Tensor),
    };
  },
};

/** dx, dγ and dβ: dx = γ·rstd·(dy − mean(dy) − x̂·mean(dy·x̂)). */
function gradients(
  x: tf.Tensor,
  dy: tf.Tensor,
  gamma: tf.Tensor,
  mean: tf.Tensor,
  rstd: tf.Tensor,
): tf.Tensor[] {
  const count = x.size / (x.shape[x.rank - 1] as number);
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

/** Result of `batchNormTraining`. The statistics feed running averages: no gradient flows through them. */
export interface BatchNormResult {
  readonly y: tf.Tensor;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * y = γ·(x − mean)/√(variance + ε) + β with the mean and biased variance of all axes but the last (Ioffe &
 * Szegedy 2015). Differentiable in x, γ and β to any order.
 * @param x [..., C], with at least one element. @param gamma [C]. @param beta [C]. @param epsilon above 0.
 */
export function batchNormTraining(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon = 1e-3,
): BatchNormResult {
  const [y, mean, variance] = runKernel(forward, { x, gamma, beta }, { epsilon }) as tf.Tensor[];
  return { y: y as tf.Tensor, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}
