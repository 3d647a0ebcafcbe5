/** The optimisers' updates: one pass over a parameter, into fresh tensors. */
import { type AdamAttrs, type SgdAttrs, UPDATE_ADAM, UPDATE_SGD } from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { makeOutputs } from '../native/outputs';
import { override } from '../override';

export const updateSgd = override<SgdAttrs>(UPDATE_SGD, ({ inputs, attrs, backend }) => {
  const { param, grad, velocity } = inputs as Record<'param' | 'grad' | 'velocity', tf.Tensor>;
  const next = makeOutputs(backend, param.shape, velocity.shape);
  const [p, g, v, nextP, nextV] = addressesOf(backend, param, grad, velocity, ...next);
  const { learningRate, momentum, nesterov, l2 } = attrs;
  native(backend).exports.updateSgd(p, g, v, nextP, nextV, param.size, learningRate, momentum, nesterov, l2);
  return [...next];
});

export const updateAdam = override<AdamAttrs>(UPDATE_ADAM, ({ inputs, attrs, backend }) => {
  const { param, grad, first, second } = inputs as Record<'param' | 'grad' | 'first' | 'second', tf.Tensor>;
  const next = makeOutputs(backend, param.shape, first.shape, second.shape);
  const [p, g, m, v, nextP, nextM, nextV] = addressesOf(backend, param, grad, first, second, ...next);
  const { learningRate, beta1, beta2, epsilon, l2, step } = attrs;
  native(backend).exports.updateAdam(
    p,
    g,
    m,
    v,
    nextP,
    nextM,
    nextV,
    param.size,
    learningRate / (1 - beta1 ** step),
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / (1 - beta2 ** step),
    epsilon,
    l2,
  );
  return [...next];
});
