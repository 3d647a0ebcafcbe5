/**
 * Softmax cross-entropy, with the label smoothing and the floor under the probabilities of the paper's CIFAR
 * experiments (method: §9). One kernel forward and one for the gradient by the logits; what lies beyond is
 * differentiated as a composition of ops whose gradients are right to every order.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { asFloat } from './as-float';
import { runKernel, type SeamKernel, vjp } from './kernel';
import { logSoftmax } from './log-softmax';
import { closeStockGradients } from './stock-gradients';

export const SOFTMAX_CROSS_ENTROPY = 'NeusimSoftmaxCrossEntropy';
export const SOFTMAX_CROSS_ENTROPY_GRAD = 'NeusimSoftmaxCrossEntropyGrad';

export interface CrossEntropyAttrs {
  readonly labelSmoothing: number;
  readonly epsilon: number;
}

export interface CrossEntropyOptions {
  /** t = (1 − s)·labels + s/K. In [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /** Added to each probability, not renormalised; at least 0, default 0 (then computed as a log-softmax). */
  readonly epsilon?: number;
}

type T = tf.Tensor;

const forward: SeamKernel<{ labels: T; logits: T }, [T], CrossEntropyAttrs> = {
  name: SOFTMAX_CROSS_ENTROPY,
  inputs: ['labels', 'logits'],
  shapes: () => [[]],
  composed: ({ labels, logits }, attrs) => {
    const products = tf.mul(targets(labels, attrs), logProbabilities(logits, attrs));
    return [tf.neg(tf.mean(tf.sum(products, 1)))];
  },
  gradient: ([dy], { labels, logits }, attrs) => ({
    labels: () => {
      const share = (attrs.labelSmoothing - 1) / batchOf(labels);
      return tf.mul(logProbabilities(logits, attrs), tf.mul(dy, share));
    },
    logits: () => runKernel(grad, { labels, logits, dy }, attrs)[0],
  }),
};

const grad: SeamKernel<{ labels: T; logits: T; dy: T }, [T], CrossEntropyAttrs> = {
  name: SOFTMAX_CROSS_ENTROPY_GRAD,
  inputs: ['labels', 'logits', 'dy'],
  shapes: ({ logits }) => [logits.shape],
  composed: ({ labels, logits, dy }, attrs) => [gradientOf(labels, logits, dy, attrs)],
  gradient: ([ddlogits], { labels, logits, dy }, attrs) => {
    const again = (...[labels, logits, dy]: T[]) => [gradientOf(labels as T, logits as T, dy as T, attrs)];
    const [dlabels, dlogits, ddy] = vjp(again, [labels, logits, dy], [ddlogits]) as [T, T, T];
    return { labels: () => dlabels, logits: () => dlogits, dy: () => ddy };
  },
};

/** dy/B·(q·Σ t·r − t·r), with q the softmax and r = q/(q + ε). */
function gradientOf(labels: T, logits: T, dy: T, attrs: CrossEntropyAttrs): T {
  const q = tf.softmax(logits);
  const target = targets(labels, attrs);
  const pull = attrs.epsilon > 0 ? tf.mul(target, tf.div(q, tf.add(q, attrs.epsilon))) : target;
  const slope = tf.sub(tf.mul(q, tf.sum(pull, 1, true)), pull);
  return tf.mul(slope, tf.div(dy, batchOf(labels)));
}

const batchOf = (labels: T) => labels.shape[0] as number;

function targets(labels: T, { labelSmoothing }: CrossEntropyAttrs): T {
  if (labelSmoothing === 0) return labels;
  return tf.add(tf.mul(labels, 1 - labelSmoothing), labelSmoothing / (labels.shape[1] as number));
}

function logProbabilities(logits: T, { epsilon }: CrossEntropyAttrs): T {
  return epsilon > 0 ? tf.log(tf.add(tf.softmax(logits), epsilon)) : logSoftmax(logits);
}

/**
 * Mean over the batch of −Σ t·log(softmax(logits) + ε); 0 for a batch of none. Differentiable in both to any order.
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
    const floats = { labels: asFloat(labels), logits: asFloat(logits) };
    return runKernel(forward, floats, { labelSmoothing, epsilon })[0] as tf.Scalar;
  });
}
