/**
 * Softmax cross-entropy, with the label smoothing and the floor under the probabilities of the paper's CIFAR
 * experiments (method: §9). Built from ops whose gradients are right to every order.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';
import { closeStockGradients } from './stock-gradients';

const kernel: SeamKernel<{ logits: tf.Tensor }, [tf.Tensor], object> = {
  name: 'NeusimLogSoftmax',
  inputs: ['logits'],
  shapes: ({ logits }) => [logits.shape],
  composed: ({ logits }) => {
    const shifted = tf.sub(logits, tf.max(logits, -1, true));
    return [tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)))];
  },
  gradient: ([dy], { logits }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.softmax(logits))),
  }),
};

/** log(softmax(logits)) over the last axis. Unlike tf.logSoftmax, differentiable to any order. */
export function logSoftmax<T extends tf.Tensor>(logits: T): T {
  closeStockGradients();
  return runKernel(kernel, { logits }, {})[0] as T;
}

export interface CrossEntropyOptions {
  /** t = (1 − s)·labels + s/K. In [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /** Added to each probability, not renormalised; at least 0, default 0 (then computed as a log-softmax). */
  readonly epsilon?: number;
}

/**
 * Mean over the batch of −Σ t·log(softmax(logits) + ε).
 * @param labels [B,K], each row a distribution (one-hot, or soft).
 * @param logits [B,K].
 * @throws NeusimError LOSS_SHAPE where the shapes differ, LOSS_OPTIONS for options out of range.
 */
export function softmaxCrossEntropy(
  labels: tf.Tensor2D,
  logits: tf.Tensor2D,
  { labelSmoothing = 0, epsilon = 0 }: CrossEntropyOptions = {},
): tf.Scalar {
  if (labels.rank !== 2 || !tf.util.arraysEqual(labels.shape, logits.shape))
    throw new NeusimError('LOSS_SHAPE', `labels [${labels.shape}] do not fit logits [${logits.shape}]`, {
      data: { labels: labels.shape, logits: logits.shape },
      hint: 'Both are [B,K]; make labels with tf.oneHot.',
    });
  if (!(labelSmoothing >= 0 && labelSmoothing < 1 && epsilon >= 0))
    throw new NeusimError(
      'LOSS_OPTIONS',
      `labelSmoothing ${labelSmoothing} or epsilon ${epsilon} is out of range`,
      {
        data: { labelSmoothing, epsilon },
        hint: 'labelSmoothing is in [0, 1), epsilon is at least 0.',
      },
    );
  closeStockGradients();
  return tf.tidy(() => {
    const classes = labels.shape[1];
    const target =
      labelSmoothing > 0 ? tf.add(tf.mul(labels, 1 - labelSmoothing), labelSmoothing / classes) : labels;
    const logs = epsilon > 0 ? tf.log(tf.add(tf.softmax(logits), epsilon)) : logSoftmax(logits);
    return tf.neg(tf.mean(tf.sum(tf.mul(target, logs), 1))) as tf.Scalar;
  });
}
