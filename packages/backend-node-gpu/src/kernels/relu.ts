/** The gradient of ReLU in one operation: tfjs-node composes the step function of eight. */
import { RELU_GRAD } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { execute } from '../tensorflow';
import { nativeKernel } from './native-kernel';

export const reluGradient = nativeKernel<{ dy: tf.Tensor; x: tf.Tensor }, object>(
  RELU_GRAD,
  ({ inputs: { x } }) => [x.shape],
  ({ inputs: { dy, x }, native }) => execute(native, 'ReluGrad', {}, [dy, x]),
);
