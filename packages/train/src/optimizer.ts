/** Updates of all weights by core's `updateSgd` or `updateAdam`, and the state that they carry on. */
import { adamRate, sgdRate, updateAdam, updateSgd, type WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { orthogonalityGradient, orthogonalityOf } from './orthogonality';
import type { RunConfig } from './run-config';

/** One tensor of an optimiser's state. */
export interface Slot {
  /** Name of the weight and of the slot: `root/kernel:velocity`. */
  readonly name: string;
  tensor: tf.Tensor;
}

/** Updates of all trainable weights, and their state. */
export interface Optimizer {
  /** Its state, in a fixed order; zeros at first. Owned by the optimiser. */
  readonly slots: readonly Slot[];
  /**
   * What an update takes that changes from step to step: values of the tensor that `apply` takes.
   * @param step number of the update, from 1.
   */
  rates(learningRate: number, step: number): number[];
  /**
   * Updates every weight that has a gradient, each with its own penalty and share of the learning rate.
   * @param grads by the name of the weight's variable; the caller disposes of them, and of the rate.
   * @param rate of `rates`.
   */
  apply(grads: tf.NamedTensorMap, rate: tf.Tensor1D): void;
  /** `apply` with the rates of this learning rate and step. */
  update(grads: tf.NamedTensorMap, learningRate: number, step: number): void;
  dispose(): void;
}

/** What an update takes that is a weight's own. */
interface Attrs {
  readonly rateScale: number;
  readonly l2: number;
}

/** One kind of update: the names of its state, its rates, and [weight, ...state] after it. */
interface Rule extends Pick<Optimizer, 'rates'> {
  readonly slots: readonly string[];
  next(
    weight: tf.Tensor,
    grad: tf.Tensor,
    state: readonly tf.Tensor[],
    rate: tf.Tensor1D,
    attrs: Attrs,
  ): tf.Tensor[];
}

function ruleOf(config: RunConfig['optimizer']): Rule {
  switch (config.name) {
    case 'sgd': {
      const { momentum, nesterov } = config;
      return {
        slots: ['velocity'],
        rates: sgdRate,
        next(weight, grad, [velocity], rate, attrs) {
          const all = { ...attrs, momentum, nesterov };
          const next = updateSgd(weight, grad, velocity as tf.Tensor, rate, all);
          return [next.param, next.velocity];
        },
      };
    }
    case 'adam': {
      const { beta1, beta2, epsilon } = config;
      return {
        slots: ['first', 'second'],
        rates: (learningRate, step) => adamRate(learningRate, step, { beta1, beta2 }),
        next(weight, grad, [first, second], rate, attrs) {
          const moments = [first as tf.Tensor, second as tf.Tensor] as const;
          const all = { ...attrs, beta1, beta2, epsilon };
          const next = updateAdam(weight, grad, ...moments, rate, all);
          return [next.param, next.first, next.second];
        },
      };
    }
  }
}

/** @param weights the trainable ones. */
export function createOptimizer(
  { optimizer, l2, orthogonality }: Pick<RunConfig, 'optimizer' | 'l2' | 'orthogonality'>,
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
  const apply: Optimizer['apply'] = (grads, rate) => {
    for (const { weight, slots } of entries) {
      const { variable, role, learningRateScale } = weight;
      const grad = grads[variable.name];
      if (!grad) continue;
      const attrs = { rateScale: learningRateScale, l2: weight.l2 ?? l2[role] };
      const lambda = orthogonalityOf(weight, orthogonality);
      const state = slots.map(({ tensor }) => tensor);
      const [next, ...after] = tf.tidy(() => {
        const value = variable.read();
        const whole = lambda > 0 ? tf.add(grad, orthogonalityGradient(value, lambda)) : grad;
        return rule.next(value, whole, state, rate, attrs);
      });
      // A fresh tensor each time: tfjs-wasm keeps packed weights by tensor, and would use stale ones.
      variable.write(next as tf.Tensor);
      next?.dispose();
      for (const [index, slot] of slots.entries()) {
        slot.tensor.dispose();
        slot.tensor = after[index] as tf.Tensor;
      }
    }
  };
  return {
    slots: entries.flatMap(({ slots }) => slots),
    rates: rule.rates,
    apply,
    update(grads, learningRate, step) {
      const rate = tf.tensor1d(rule.rates(learningRate, step));
      apply(grads, rate);
      rate.dispose();
    },
    dispose() {
      for (const { slots } of entries) for (const { tensor } of slots) tensor.dispose();
    },
  };
}
