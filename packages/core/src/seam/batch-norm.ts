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

type T1 = tf.Tensor1D;

const forward: SeamKernel<{ x: tf.Tensor; gamma: T1; beta: T1 }, [tf.Tensor, T1, T1], BatchNormAttrs> = {
  name: BATCH_NORM_TRAINING,
  inputs: ['x', 'gamma', 'beta'],
  savedOutputs: [false, true, true],
  shapes: ({ x, gamma }) => [x.shape, gamma.shape, gamma.shape],
  composed: ({ x, gamma, beta }, { epsilon }) => {
    const flat = rows(x);
    const mean = tf.mean(flat, 0) as T1;
    const variance = tf.mean(tf.squaredDifference(flat, mean), 0) as T1;
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return [tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale))), mean, variance];
  },
  gradient: ([dy], { x, gamma }, attrs, saved) => {
    const [mean, variance] = saved as [T1, T1];
    const [dx, dgamma, dbeta] = runKernel(grad, { x, dy, gamma, mean, variance }, attrs);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
};

const grad: SeamKernel<
  { x: tf.Tensor; dy: tf.Tensor; gamma: T1; mean: T1; variance: T1 },
  [tf.Tensor, T1, T1],
  BatchNormAttrs
> = {
  name: BATCH_NORM_TRAINING_GRAD,
  inputs: ['x', 'dy', 'gamma', 'mean', 'variance'],
  shapes: ({ x, gamma }) => [x.shape, gamma.shape, gamma.shape],
  composed: ({ x, dy, gamma, mean, variance }, { epsilon }) =>
    gradients(x, dy, gamma, mean, tf.rsqrt(tf.add(variance, epsilon))),
  gradient: (dds, { x, dy, gamma, mean, variance }, { epsilon }) => {
    const differentiable = (...[x, dy, gamma]: tf.Tensor[]) => {
      const flat = rows(x as tf.Tensor);
      const mean = tf.mean(flat, 0);
      const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(flat, mean)), 0), epsilon));
      return gradients(x as tf.Tensor, dy as tf.Tensor, gamma as tf.Tensor, mean, rstd);
    };
    const [dx, ddy, dgamma] = vjp(differentiable, [x, dy, gamma], dds) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return {
      x: () => dx,
      dy: () => ddy,
      gamma: () => dgamma,
      // x's gradient holds the whole of it: the statistics are functions of x there.
      mean: () => tf.zerosLike(mean),
      variance: () => tf.zerosLike(variance),
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
): [tf.Tensor, T1, T1] {
  const count = x.size / (x.shape[x.rank - 1] as number);
  const normed = tf.mul(tf.sub(x, mean), rstd);
  const dbeta = tf.sum(rows(dy), 0) as T1;
  const dgamma = tf.sum(rows(tf.mul(dy, normed)), 0) as T1;
  const centred = tf.sub(dy, tf.div(dbeta, count));
  const dx = tf.mul(tf.sub(centred, tf.mul(normed, tf.div(dgamma, count))), tf.mul(gamma, rstd));
  return [dx, dgamma, dbeta];
}

/** [..., C] as [rows, C]. */
export function rows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1] as number]);
}

/** y, mean and variance. */
export type BatchNormRule = (x: tf.Tensor, gamma: T1, beta: T1, epsilon: number) => [tf.Tensor, T1, T1];

let rule: BatchNormRule = (x, gamma, beta, epsilon) => runKernel(forward, { x, gamma, beta }, { epsilon });

/** Runs `f` with another rule for `batchNormTraining`: `batch-norm-across.ts` has one, which most pages do without. */
export function withBatchNormRule<T>(other: BatchNormRule, f: () => T): T {
  const before = rule;
  rule = other;
  try {
    return f();
  } finally {
    rule = before;
  }
}

/** Result of `batchNormTraining`. The statistics feed running averages: no gradient flows through them. */
export interface BatchNormResult {
  readonly y: tf.Tensor;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * y = γ·(x − mean)/√(variance + ε) + β with the mean and biased variance of all axes but the last (Ioffe &
 * Szegedy 2015). Differentiable in x, γ and β to any order; within `withBatchNormAcross`, with the statistics of all replicas
 * and to the first order.
 * @param x [..., C], with at least one element. @param gamma [C]. @param beta [C]. @param epsilon above 0.
 */
export function batchNormTraining(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon = 1e-3,
): BatchNormResult {
  const [y, mean, variance] = rule(x, gamma, beta, epsilon);
  return { y, mean, variance };
}
