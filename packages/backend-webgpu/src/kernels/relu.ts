/** The gradient of ReLU: dy where x > 0. */
import { RELU_GRAD } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { withFloats } from './cast';
import { type Elementwise, runElementwise } from './elementwise';

const program: Elementwise = {
  name: RELU_GRAD,
  inputs: ['dy', 'x'],
  outputs: ['dx'],
  body: 'dx[i] = select(T(0.0), dy[i], x[i] > T(0.0));',
};

export const seamReluGrad = override<object>(RELU_GRAD, ({ inputs, gpu }) => {
  const { dy, x } = inputs as Record<'dy' | 'x', tf.Tensor>;
  return withFloats(gpu, [dy, x], (floats) => runElementwise(gpu, program, floats));
});
