/**
 * A network as a function of its weights: what methods that adapt by gradient descent need (MAML, meta-learned static NSN,
 * LEO), and fine-tuning of some weights. `withWeights` has the layers read other tensors in place of their weights;
 * `innerGradients` differentiates within a gradient, so that the outer one sees it (second order) or does not (first).
 */
import { leafLayers } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';

/** What a layer reads in place of its weight. */
export type Replacements = ReadonlyMap<LayerVariable, tf.Tensor>;

export interface WithWeightsOptions {
  /**
   * Whether what layers write by themselves, such as batch norm's running statistics, is written; default false. Then a
   * method can run the network as often as it likes, and the statistics move once an episode.
   */
  readonly writes?: boolean;
}

/**
 * Runs `f` while the model's layers, stock ones too, read other tensors in place of their weights: differentiable by them to
 * every order that the layers' ops have. Within it nothing is written to the model's weights, unless asked for. Calls nest:
 * inner replacements hold before outer ones. `f` does not wait: what is awaited within it runs with the model's own weights.
 * @param replacements of the weights' shapes, but where the layers can do with another.
 * @returns what `f` does. What it throws is passed on, and the model is as before.
 */
export function withWeights<T>(
  model: LayersModel,
  replacements: Replacements,
  f: () => T,
  { writes = false }: WithWeightsOptions = {},
): T {
  const undo: (() => void)[] = [];
  const override = <K extends 'read' | 'write'>(variable: LayerVariable, key: K, value: LayerVariable[K]) => {
    const own = Object.getOwnPropertyDescriptor(variable, key);
    variable[key] = value;
    undo.push(() => {
      if (own) Object.defineProperty(variable, key, own);
      else delete (variable as Partial<LayerVariable>)[key];
    });
  };
  try {
    for (const [variable, tensor] of replacements) override(variable, 'read', () => tensor as tf.Variable);
    if (!writes)
      for (const variable of new Set(leafLayers(model).flatMap((layer) => layer.weights)))
        override(variable, 'write', () => variable);
    return f();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/** 2: gradients are functions of where they were taken, for an outer gradient. 1: they are constants there. */
export type Order = 1 | 2;

/**
 * Gradients of a loss, also within another gradient (core's `variableGradients` too, as long as this call is within its
 * function). The caller tidies.
 * @param order 1 costs no memory beyond the call, as nothing of it is recorded.
 * @returns one a tensor; null where the loss does not depend on it.
 */
export function innerGradients(
  loss: (tensors: readonly tf.Tensor[]) => tf.Scalar,
  tensors: readonly tf.Tensor[],
  order: Order,
): (tf.Tensor | null)[] {
  if (tensors.length === 0) return [];
  const gradients = () => {
    const { grads } = tf.engine().gradients(() => loss(tensors), [...tensors], undefined, true);
    return grads.map((grad) => grad ?? null);
  };
  return order === 2 ? gradients() : unrecorded(gradients);
}

/**
 * One step of gradient descent, θ − rate·∇L(θ): MAML's (Finn et al. 2017, eq. 1), with a rate for each value Meta-SGD's (Li et al.
 * 2017, eq. 3). Differentiable by the tensors and by the rates. The caller tidies.
 * @param rates one a tensor, that broadcasts to it.
 * @returns new tensors; a tensor that the loss does not depend on as it is.
 */
export function descend(
  loss: (tensors: readonly tf.Tensor[]) => tf.Scalar,
  tensors: readonly tf.Tensor[],
  rates: readonly (tf.Tensor | number)[],
  order: Order,
): tf.Tensor[] {
  const grads = innerGradients(loss, tensors, order);
  return tensors.map((tensor, i) => {
    const grad = grads[i];
    return grad ? tf.sub(tensor, tf.mul(grad, rates[i] as tf.Tensor | number)) : tf.clone(tensor);
  });
}

/**
 * What `f` returns, with nothing of it on the tape of the gradient it is called in: constants to that gradient, gradients
 * of their own inside.
 */
export function unrecorded<T>(f: () => T): T {
  const { state } = tf.engine();
  // Within a kernel nothing is recorded either, and `f` may have gradients there too.
  const { activeTape, gradientDepth, kernelDepth } = state;
  try {
    Object.assign(state, { activeTape: undefined, gradientDepth: 0, kernelDepth: 0 });
    return f();
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
