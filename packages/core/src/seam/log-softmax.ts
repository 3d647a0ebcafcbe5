/** The logarithm of the softmax, with a gradient that is right to every order. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';
import { closeStockGradients } from './stock-gradients';

export const LOG_SOFTMAX = 'NeusimLogSoftmax';

const kernel: SeamKernel<{ logits: tf.Tensor }, [tf.Tensor], object> = {
  name: LOG_SOFTMAX,
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
