/** The gradient of ReLU as one kernel: linear in dy and, almost everywhere, constant in x. */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const RELU_GRAD = 'NeusimReluGrad';

const grad: SeamKernel<{ dy: tf.Tensor; x: tf.Tensor }, [tf.Tensor], object> = {
  name: RELU_GRAD,
  inputs: ['dy', 'x'],
  shapes: ({ x }) => [x.shape],
  composed: ({ dy, x }) => [tf.mul(dy, tf.step(x))],
  gradient: ([ddx], { x }) => ({
    dy: () => reluGrad(ddx, x),
    x: () => tf.zerosLike(x),
  }),
};

/** dy where x > 0, else 0: the gradient of ReLU at x. */
export function reluGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return runKernel(grad, { dy, x }, {})[0];
}
