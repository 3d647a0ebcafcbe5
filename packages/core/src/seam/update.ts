/**
 * One step of an optimiser on one parameter: part of the seam, so that an engine can do it in a single pass. The
 * results are fresh tensors (tfjs-wasm caches packed weights by tensor id; a weight changed in place goes stale).
 *
 * What changes from step to step is a tensor, the rate: a step that was recorded is then replayed with another one.
 * It is made once a step and serves all parameters; `rateScale` is a parameter's own share of it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const UPDATE_SGD = 'NeusimUpdateSgd';
export const UPDATE_ADAM = 'NeusimUpdateAdam';

interface UpdateAttrs {
  /** The parameter's share of the learning rate, multiplied in float32; 1 for the whole. */
  readonly rateScale: number;
  /** λ of the penalty λ/2‖p‖², added to the gradient. */
  readonly l2: number;
}

export interface SgdAttrs extends UpdateAttrs {
  /** In [0, 1). */
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface AdamAttrs extends UpdateAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

type T = tf.Tensor;
type Rate = tf.Tensor1D;

/** Values of the rate that `updateSgd` takes: [learning rate]. */
export function sgdRate(learningRate: number): [number] {
  return [learningRate];
}

/**
 * Values of the rate that `updateAdam` takes: [learning rate/(1 − β₁ˢᵗᵉᵖ), 1/(1 − β₂ˢᵗᵉᵖ)], the corrections of the start
 * in double precision.
 * @param step number of this update, from 1.
 */
export function adamRate(
  learningRate: number,
  step: number,
  { beta1, beta2 }: Pick<AdamAttrs, 'beta1' | 'beta2'>,
): [number, number] {
  return [learningRate / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
}

const withPenalty = (grad: tf.Tensor, param: tf.Tensor, l2: number) =>
  l2 === 0 ? grad : tf.add(grad, tf.mul(param, l2));

/** Value `i` of a rate, as a scalar: it changes no parameter's shape. */
const scalarOf = (rate: Rate, i: number) => tf.reshape(tf.slice(rate, i, 1), []);

const sgd: SeamKernel<{ param: T; grad: T; velocity: T; rate: Rate }, [T, T], SgdAttrs> = {
  name: UPDATE_SGD,
  inputs: ['param', 'grad', 'velocity', 'rate'],
  shapes: ({ param }) => [param.shape, param.shape],
  composed: ({ param, grad, velocity, rate }, { rateScale, momentum, nesterov, l2 }) => {
    const g = withPenalty(grad, param, l2);
    const v = tf.add(tf.mul(velocity, momentum), g);
    const direction = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    return [tf.sub(param, tf.mul(direction, tf.mul(scalarOf(rate, 0), rateScale))), v];
  },
};

const adam: SeamKernel<{ param: T; grad: T; first: T; second: T; rate: Rate }, [T, T, T], AdamAttrs> = {
  name: UPDATE_ADAM,
  inputs: ['param', 'grad', 'first', 'second', 'rate'],
  shapes: ({ param }) => [param.shape, param.shape, param.shape],
  composed: ({ param, grad, first, second, rate }, { rateScale, beta1, beta2, epsilon, l2 }) => {
    const g = withPenalty(grad, param, l2);
    const m = tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2));
    const root = tf.sqrt(tf.mul(v, scalarOf(rate, 1)));
    const step = tf.mul(scalarOf(rate, 0), rateScale);
    return [tf.sub(param, tf.mul(tf.div(m, tf.add(root, epsilon)), step)), m, v];
  },
};

/**
 * SGD with momentum: v ← μv + g, p ← p − lr·v (Nesterov: p − lr·(g + μv)).
 * @param param @param grad @param velocity of one shape, and so is what is returned: fresh tensors.
 * @param rate [1], of `sgdRate`.
 */
export function updateSgd(
  param: tf.Tensor,
  grad: tf.Tensor,
  velocity: tf.Tensor,
  rate: tf.Tensor1D,
  attrs: SgdAttrs,
): { param: tf.Tensor; velocity: tf.Tensor } {
  const [next, v] = runKernel(sgd, { param, grad, velocity, rate }, attrs);
  return { param: next, velocity: v };
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1).
 * @param param @param grad @param first @param second of one shape, and so is what is returned: fresh tensors.
 * @param rate [2], of `adamRate`.
 */
export function updateAdam(
  param: tf.Tensor,
  grad: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  rate: tf.Tensor1D,
  attrs: AdamAttrs,
): { param: tf.Tensor; first: tf.Tensor; second: tf.Tensor } {
  const [next, m, v] = runKernel(adam, { param, grad, first, second, rate }, attrs);
  return { param: next, first: m, second: v };
}
