/**
 * A learner that adapts by a few steps of gradient descent on the support, and is trained through them: what MAML (Finn et
 * al. 2017) and meta-learned static NSN share. They differ in which weights the steps move, and which ones training does.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { imageShape } from '../backbones/backbone';
import { requireExamples, requireSupport, requireTask } from '../examples';
import { crossEntropy } from '../losses';
import type { Examples, Learner, LearnerParts } from '../types';
import { type AdaptiveOptions, adaptiveNetwork, type WeightChoice } from './adaptive-network';
import { descend, type Order } from './functional';
import { stepwise } from './stepwise';
import { lossThroughSteps } from './through-steps';

const count = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), fallback);

/** The options of the loop. */
export const innerLoopEntries = (from: { readonly steps: number; readonly testSteps: number }) => ({
  /** Steps on the support in training; 0 trains without adapting. */
  steps: count(from.steps),
  /** Steps of `fit`. */
  testSteps: count(from.testSteps),
  /** The inner rate, above 0; where rates are learned, what they begin with. */
  rate: v.optional(v.pipe(v.number(), v.gtValue(0)), 0.01),
  /** `learned`: a rate for each value that adapts, trained with the weights (Meta-SGD). */
  rates: v.optional(v.picklist(['fixed', 'learned']), 'fixed'),
  /** 2: training sees how a step depends on the weights it starts from. 1: it takes each step for a constant. */
  order: v.optional(v.picklist([1, 2]), 2),
  /**
   * What batch norm uses for the query. `batch`: the statistics of all that is predicted together, as MAML's authors have it, so
   * that a prediction depends on its neighbours. `running`: those that training gathers, on queries of adapted networks.
   * The support's are always its own.
   */
  statistics: v.optional(v.picklist(['batch', 'running']), 'batch'),
  /** What the head begins with in every episode: what training has learned, or zeros, which serve any way. */
  head: v.optional(v.picklist(['learned', 'zero']), 'learned'),
});

export interface InnerLoopOptions extends AdaptiveOptions {
  readonly steps: number;
  readonly testSteps: number;
  readonly order: Order;
  readonly statistics: 'batch' | 'running';
}

/** @throws NeusimError FEWSHOT_BACKBONE for a backbone that gives no embedding, FEWSHOT_LAYER_NAME for names that are taken. */
export function adaptingLearner(
  name: string,
  parts: LearnerParts,
  options: InnerLoopOptions,
  choice: WeightChoice,
): Learner {
  const { steps, testSteps, order, statistics } = options;
  const takes = imageShape(parts.backbone);
  const network = adaptiveNetwork(name, parts, options, choice);
  const step = ({ x, labels }: Examples, weights: readonly tf.Tensor[], of: Order) =>
    tf.tidy(() => {
      const loss = (at: readonly tf.Tensor[]) =>
        crossEntropy(labels, network.logits(x, at, { training: true }));
      return descend(loss, weights, network.rates(), of);
    });
  return {
    model: network.model,
    training: {
      by: 'episodes',
      loss: (task) => {
        const { way, support, query } = task;
        requireTask(task);
        network.requireWay(way);
        return tf.tidy(() => {
          const starts = network.starts(way);
          // The one pass that moves the running statistics.
          const queryLoss = (at: readonly tf.Tensor[]) =>
            crossEntropy(query.labels, network.logits(query.x, at, { training: true, writes: true }));
          if (order === 2)
            return lossThroughSteps({
              count: steps,
              starts,
              parameters: network.parameters(),
              step: (at) => step(support, at, 2),
              loss: queryLoss,
            });
          let weights = starts;
          for (let i = 0; i < steps; i++) weights = step(support, weights, 1);
          return queryLoss(weights);
        });
      },
    },
    async fit(support, way, fitOptions) {
      requireSupport(support, way, takes);
      network.requireWay(way);
      const starts = tf.tidy(() => network.starts(way).map((start) => tf.clone(start)));
      const weights = await stepwise(starts, testSteps, (at) => step(support, at, 1), fitOptions);
      return {
        way,
        predict: (x) => {
          requireExamples('what is predicted', x, takes);
          return tf.tidy(() => network.logits(x, weights, { training: statistics === 'batch' }));
        },
        dispose: () => tf.dispose([...weights]),
      };
    },
  };
}
