/** The gradient of ReLU as one kernel: linear in dy and, almost everywhere, constant in x. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const RELU_GRAD = 'NeusimReluGrad';

const grad: SeamKernel<{ dy: tf.Tensor; x: tf.Tensor }, [tf.Tensor], object> = {
  name: RELU_GRAD,
  inputs: ['dy', 'x'],
  shapes: ({ x }) => [x.shape],
  composed: ({ dy, x }) => [composedReluGrad(dy, x)],
  gradient: ([ddx], { x }) => ({
    dy: () => reluGrad(ddx, x),
    x: () => tf.zerosLike(x),
  }),
};

/** `reluGrad` from stock ops. */
export function composedReluGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.where(tf.greater(x, 0), dy, tf.zerosLike(dy));
}

/**
 * dy where x > 0, else 0 (where x is no number, too): the gradient of ReLU at x. Differentiable to any order.
 * @param dy @param x of one shape, and so is what is returned.
 */
export function reluGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return runKernel(grad, { dy, x }, {})[0];
}
