/** The optimisers' updates: one pass over a parameter, into fresh tensors. */
import { type AdamAttrs, type SgdAttrs, UPDATE_ADAM, UPDATE_SGD } from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { makeOutputs } from '../native/outputs';
import { override } from '../override';

export const updateSgd = override<SgdAttrs>(UPDATE_SGD, ({ inputs, attrs, backend }) => {
  const { param, grad, velocity, rate } = inputs as Record<'param' | 'grad' | 'velocity' | 'rate', tf.Tensor>;
  const next = makeOutputs(backend, param.shape, velocity.shape);
  const [p, g, v, nextP, nextV] = addressesOf(backend, param, grad, velocity, ...next);
  const { rateScale, momentum, nesterov, l2 } = attrs;
  const [learningRate] = valuesOf(backend, rate);
  native(backend).exports.updateSgd(
    p,
    g,
    v,
    nextP,
    nextV,
    param.size,
    learningRate * rateScale,
    momentum,
    nesterov,
    l2,
  );
  return [...next];
});

export const updateAdam = override<AdamAttrs>(UPDATE_ADAM, ({ inputs, attrs, backend }) => {
  const { param, grad, first, second, rate } = inputs as Record<
    'param' | 'grad' | 'first' | 'second' | 'rate',
    tf.Tensor
  >;
  const next = makeOutputs(backend, param.shape, first.shape, second.shape);
  const [p, g, m, v, nextP, nextM, nextV] = addressesOf(backend, param, grad, first, second, ...next);
  const { rateScale, beta1, beta2, epsilon, l2 } = attrs;
  const [learningRate, unbias] = valuesOf(backend, rate);
  native(backend).exports.updateAdam(
    p,
    g,
    m,
    v,
    nextP,
    nextM,
    nextV,
    param.size,
    learningRate * rateScale,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    unbias,
    epsilon,
    l2,
  );
  return [...next];
});

/** Values of a rate; one that another backend holds is moved into the heap. */
function valuesOf(backend: BackendWasm, rate: tf.Tensor): [number, number] {
  addressesOf(backend, rate);
  return [...(backend.typedArrayFromHeap(rate) as Float32Array)] as [number, number];
}
