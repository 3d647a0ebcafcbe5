/**
 * One step of an optimiser on one parameter: part of the seam, so that an engine can do it in a single pass. The
 * results are fresh tensors (tfjs-wasm caches packed weights by tensor id; a weight changed in place goes stale).
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const UPDATE_SGD = 'NeusimUpdateSgd';
export const UPDATE_ADAM = 'NeusimUpdateAdam';

export interface SgdAttrs {
  readonly learningRate: number;
  /** In [0, 1). */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** λ of the penalty λ/2‖p‖², added to the gradient. */
  readonly l2: number;
}

export interface AdamAttrs {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** λ of the penalty λ/2‖p‖², added to the gradient. */
  readonly l2: number;
  /** Number of this step, from 1: the powers of β are computed from it in double precision. */
  readonly step: number;
}

type T = tf.Tensor;

const withPenalty = (grad: tf.Tensor, param: tf.Tensor, l2: number) =>
  l2 === 0 ? grad : tf.add(grad, tf.mul(param, l2));

const sgd: SeamKernel<{ param: T; grad: T; velocity: T }, [T, T], SgdAttrs> = {
  name: UPDATE_SGD,
  inputs: ['param', 'grad', 'velocity'],
  shapes: ({ param }) => [param.shape, param.shape],
  composed: ({ param, grad, velocity }, { learningRate, momentum, nesterov, l2 }) => {
    const g = withPenalty(grad, param, l2);
    const v = tf.add(tf.mul(velocity, momentum), g);
    const direction = nesterov ? tf.add(g, tf.mul(v, momentum)) : v;
    return [tf.sub(param, tf.mul(direction, learningRate)), v];
  },
};

const adam: SeamKernel<{ param: T; grad: T; first: T; second: T }, [T, T, T], AdamAttrs> = {
  name: UPDATE_ADAM,
  inputs: ['param', 'grad', 'first', 'second'],
  shapes: ({ param }) => [param.shape, param.shape, param.shape],
  composed: ({ param, grad, first, second }, { learningRate, beta1, beta2, epsilon, l2, step }) => {
    const g = withPenalty(grad, param, l2);
    const m = tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2));
    const rate = learningRate / (1 - beta1 ** step);
    const root = tf.sqrt(tf.div(v, 1 - beta2 ** step));
    return [tf.sub(param, tf.mul(tf.div(m, tf.add(root, epsilon)), rate)), m, v];
  },
};

/**
 * SGD with momentum: v ← μv + g, p ← p − lr·v (Nesterov: p − lr·(g + μv)).
 * @param param @param grad @param velocity of one shape, and so is what is returned: fresh tensors.
 */
export function updateSgd(
  param: tf.Tensor,
  grad: tf.Tensor,
  velocity: tf.Tensor,
  attrs: SgdAttrs,
): { param: tf.Tensor; velocity: tf.Tensor } {
  const [next, v] = runKernel(sgd, { param, grad, velocity }, attrs);
  return { param: next, velocity: v };
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1).
 * @param param @param grad @param first @param second of one shape, and so is what is returned: fresh tensors.
 */
export function updateAdam(
  param: tf.Tensor,
  grad: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  attrs: AdamAttrs,
): { param: tf.Tensor; first: tf.Tensor; second: tf.Tensor } {
  const [next, m, v] = runKernel(adam, { param, grad, first, second }, attrs);
  return { param: next, first: m, second: v };
}
