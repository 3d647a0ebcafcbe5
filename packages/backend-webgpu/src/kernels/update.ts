/** The optimisers' updates: one pass over a parameter and its state, into fresh tensors. */
import { type AdamAttrs, type SgdAttrs, UPDATE_ADAM, UPDATE_SGD } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { type Elementwise, runElementwise } from './elementwise';

const sgd = (nesterov: boolean): Elementwise => ({
  name: UPDATE_SGD,
  variant: nesterov ? 'nesterov' : '',
  inputs: ['param', 'grad', 'velocity'],
  whole: ['rate'],
  outputs: ['nextParam', 'nextVelocity'],
  uniforms: { rateScale: 'f32', momentum: 'f32', l2: 'f32' },
  body: `let g = grad[i] + param[i] * u.l2;
    let v = velocity[i] * u.momentum + g;
    nextVelocity[i] = v;
    nextParam[i] = param[i] - ${nesterov ? '(g + v * u.momentum)' : 'v'} * (rate[0] * u.rateScale);`,
});

const adam: Elementwise = {
  name: UPDATE_ADAM,
  inputs: ['param', 'grad', 'first', 'second'],
  whole: ['rate'],
  outputs: ['nextParam', 'nextFirst', 'nextSecond'],
  uniforms: {
    rateScale: 'f32',
    beta1: 'f32',
    rest1: 'f32',
    beta2: 'f32',
    rest2: 'f32',
    epsilon: 'f32',
    l2: 'f32',
  },
  body: `let g = grad[i] + param[i] * u.l2;
    let m = first[i] * u.beta1 + g * u.rest1;
    let v = second[i] * u.beta2 + g * g * u.rest2;
    nextFirst[i] = m;
    nextSecond[i] = v;
    nextParam[i] = param[i] - m / (sqrt(v * rate[1]) + u.epsilon) * (rate[0] * u.rateScale);`,
};

export const updateSgd = override<SgdAttrs>(UPDATE_SGD, ({ inputs, attrs, gpu }) => {
  const { param, grad, velocity, rate } = inputs as Record<'param' | 'grad' | 'velocity' | 'rate', tf.Tensor>;
  const { rateScale, momentum, nesterov, l2 } = attrs;
  return runElementwise(gpu, sgd(nesterov), [param, grad, velocity, rate], { rateScale, momentum, l2 });
});

export const updateAdam = override<AdamAttrs>(UPDATE_ADAM, ({ inputs, attrs, gpu }) => {
  const { param, grad, first, second, rate } = inputs as Record<
    'param' | 'grad' | 'first' | 'second' | 'rate',
    tf.Tensor
  >;
  const { rateScale, beta1, beta2, epsilon, l2 } = attrs;
  const rests = { rest1: 1 - beta1, rest2: 1 - beta2 };
  const uniforms = { rateScale, beta1, beta2, ...rests, epsilon, l2 };
  return runElementwise(gpu, adam, [param, grad, first, second, rate], uniforms);
});
