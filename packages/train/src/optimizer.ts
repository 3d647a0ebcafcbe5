/** Updates of all weights by core's `updateSgd` or `updateAdam`, and the state that they carry on. */
import { updateAdam, updateSgd, type WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainConfig } from './config';

/** One tensor of an optimiser's state. */
export interface Slot {
  /** Name of the weight and of the slot: `root/kernel:velocity`. */
  readonly name: string;
  tensor: tf.Tensor;
}

export interface Optimizer {
  /** Its state, in a fixed order; zeros at first. Owned by the optimiser. */
  readonly slots: readonly Slot[];
  /**
   * Updates every weight that has a gradient, each with its own penalty and share of the learning rate.
   * @param grads by the name of the weight's variable; the caller disposes of them.
   * @param step number of this update, from 1.
   */
  update(grads: tf.NamedTensorMap, learningRate: number, step: number): void;
  dispose(): void;
}

interface Attrs {
  readonly learningRate: number;
  readonly l2: number;
  readonly step: number;
}

/** One kind of update: the names of its state, and [weight, ...state] after it. */
interface Rule {
  readonly slots: readonly string[];
  next(weight: tf.Tensor, grad: tf.Tensor, state: readonly tf.Tensor[], attrs: Attrs): tf.Tensor[];
}

function ruleOf(config: TrainConfig['optimizer']): Rule {
  switch (config.name) {
    case 'sgd': {
      const { momentum, nesterov } = config;
      return {
        slots: ['velocity'],
        next(weight, grad, [velocity], { learningRate, l2 }) {
          const attrs = { learningRate, l2, momentum, nesterov };
          const next = updateSgd(weight, grad, velocity as tf.Tensor, attrs);
          return [next.param, next.velocity];
        },
      };
    }
    case 'adam': {
      const { beta1, beta2, epsilon } = config;
      return {
        slots: ['first', 'second'],
        next(weight, grad, [first, second], attrs) {
          const moments = [first as tf.Tensor, second as tf.Tensor] as const;
          const next = updateAdam(weight, grad, ...moments, { ...attrs, beta1, beta2, epsilon });
          return [next.param, next.first, next.second];
        },
      };
    }
  }
}

/** @param weights the trainable ones. */
export function createOptimizer(
  { optimizer, l2 }: Pick<TrainConfig, 'optimizer' | 'l2'>,
  weights: readonly WeightInfo[],
): Optimizer {
  const rule = ruleOf(optimizer);
  const entries = weights.map((weight) => ({
    weight,
    slots: rule.slots.map(
      (name): Slot => ({
        name: `${weight.name}:${name}`,
        tensor: tf.zeros(weight.variable.shape as number[]),
      }),
    ),
  }));
  return {
    slots: entries.flatMap(({ slots }) => slots),
    update(grads, learningRate, step) {
      for (const { weight, slots } of entries) {
        const { variable, role, learningRateScale } = weight;
        const grad = grads[variable.name];
        if (!grad) continue;
        const attrs = { learningRate: learningRate * learningRateScale, l2: weight.l2 ?? l2[role], step };
        const state = slots.map(({ tensor }) => tensor);
        const [next, ...after] = tf.tidy(() => rule.next(variable.read(), grad, state, attrs));
        // A fresh tensor each time: tfjs-wasm keeps packed weights by tensor, and would use stale ones.
        variable.write(next as tf.Tensor);
        next?.dispose();
        for (const [index, slot] of slots.entries()) {
          slot.tensor.dispose();
          slot.tensor = after[index] as tf.Tensor;
        }
      }
    },
    dispose() {
      for (const { slots } of entries) for (const { tensor } of slots) tensor.dispose();
    },
  };
}
