/**
 * A learner that adapts by a few steps of gradient descent on the support, and is trained through them: what MAML (Finn et
 * al. 2017) and meta-learned static NSN share. They differ in which weights the steps move, and which ones training does.
 */
import { describeWeights, softmaxCrossEntropy, type WeightInfo, weightSeed } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  type LayerVariable,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { requireExamples, requireSupport, requireTask } from './examples';
import { descend, type Order, withWeights } from './functional';
import { joinModels } from './join-models';
import { type OwnWeight, ownWeights } from './own-weights';
import { stepwise } from './stepwise';
import type { Classifier, Examples, Learner, LearnerParts } from './types';

const count = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), fallback);

/** The options of the loop. */
export const innerLoopEntries = (from: { readonly steps: number; readonly testSteps: number }) => ({
  /** Steps on the support in training; 0 trains without adapting. */
  steps: count(from.steps),
  /** Steps of `fit`. */
  testSteps: count(from.testSteps),
  /** The inner rate; where rates are learned, what they begin with. */
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

export interface InnerLoopOptions {
  readonly steps: number;
  readonly testSteps: number;
  readonly rate: number;
  readonly rates: 'fixed' | 'learned';
  readonly order: Order;
  readonly statistics: 'batch' | 'running';
  readonly head: 'learned' | 'zero';
}

/** Which of the backbone's trainable weights do what. */
export interface WeightChoice {
  /** Moved by the inner loop, as the head is in any case. */
  adapts(weight: WeightInfo): boolean;
  /** Moved by training. */
  trains(weight: WeightInfo): boolean;
}

/** A weight that adapts, where it begins, and its rate. */
interface Adapted {
  readonly variable: LayerVariable;
  /** The caller tidies. */
  start(way: number): tf.Tensor;
  rate(): tf.Tensor | number;
}

export function adaptingLearner(
  name: string,
  { backbone, way: trainedWay, seed }: LearnerParts,
  options: InnerLoopOptions,
  choice: WeightChoice,
): Learner {
  const body = describeWeights(backbone).filter(({ trainable }) => trainable);
  const head = linearHead(`${name}_head`, backbone, trainedWay, seed);
  const headWeights = describeWeights(head);
  const adapting = [...body.filter((weight) => choice.adapts(weight)), ...headWeights];
  const isZero = options.head === 'zero';
  // Before the rates are named after them: what does not train may adapt all the same.
  for (const weight of body) weight.variable.trainable = choice.trains(weight);
  for (const { variable } of headWeights) variable.trainable = !isZero;
  const shapeOf = ({ variable }: WeightInfo) => variable.shape as number[];
  // Zeros serve any way, and so must their rates.
  const rateShape = (weight: WeightInfo) =>
    isZero && headWeights.includes(weight) ? [...shapeOf(weight).slice(0, -1), 1] : shapeOf(weight);
  const rates =
    options.rates === 'learned'
      ? ownWeights(
          `${name}_rates`,
          adapting.map(
            (weight): OwnWeight => ({
              name: weight.name.replaceAll('/', '_'),
              shape: rateShape(weight),
              value: options.rate,
            }),
          ),
        )
      : undefined;
  const model = joinModels(name, [backbone, head, ...(rates ? [rates.model] : [])]);
  const adapted = adapting.map(
    (weight, i): Adapted => ({
      variable: weight.variable,
      start: (way) =>
        isZero && headWeights.includes(weight)
          ? tf.zeros([...shapeOf(weight).slice(0, -1), way])
          : weight.variable.read(),
      rate: () => rates?.weights[i]?.read() ?? options.rate,
    }),
  );

  const logits = (x: tf.Tensor, weights: readonly tf.Tensor[], training: boolean, writes = false) => {
    const replacements = new Map(adapted.map(({ variable }, i) => [variable, weights[i] as tf.Tensor]));
    const run = () => head.apply(backbone.apply(x, { training }), { training }) as tf.Tensor2D;
    return withWeights(model, replacements, run, { writes });
  };
  const step = ({ x, labels }: Examples, way: number, weights: readonly tf.Tensor[], order: Order) =>
    tf.tidy(() => {
      const target = oneHot(labels, way);
      const loss = (at: readonly tf.Tensor[]) => softmaxCrossEntropy(target, logits(x, at, true));
      const stepRates = adapted.map(({ rate }) => rate());
      return descend(loss, weights, stepRates, order);
    });

  const requireWay = (way: number) => {
    if (isZero || way === trainedWay) return;
    throw new NeusimError('FEWSHOT_WAY', `${name} has a head of ${trainedWay} classes, not ${way}`, {
      data: { method: name, way, trained: trainedWay },
      hint: `Give episodes of ${trainedWay} classes, train with way ${way}, or choose the option head: 'zero'.`,
    });
  };

  return {
    model,
    training: {
      by: 'episodes',
      loss: (task) => {
        requireTask(task);
        requireWay(task.way);
        return tf.tidy(() => {
          let weights = adapted.map(({ start }) => start(task.way));
          for (let i = 0; i < options.steps; i++)
            weights = step(task.support, task.way, weights, options.order);
          const { x, labels } = task.query;
          return softmaxCrossEntropy(oneHot(labels, task.way), logits(x, weights, true, true));
        });
      },
    },
    async fit(support, way, fitOptions = {}): Promise<Classifier> {
      requireSupport(support, way);
      requireWay(way);
      const weights = await stepwise(
        tf.tidy(() => adapted.map(({ start }) => tf.clone(start(way)))),
        options.testSteps,
        (at) => step(support, way, at, 1),
        fitOptions,
      );
      const shape = support.x.shape.slice(1);
      return {
        way,
        predict: (x) => {
          requireExamples('what is predicted', x, shape);
          return tf.tidy(() => logits(x, weights, options.statistics === 'batch'));
        },
        dispose: () => tf.dispose([...weights]),
      };
    },
  };
}

/** One-hot labels [n,way]. The caller tidies. */
export function oneHot(labels: Int32Array, way: number): tf.Tensor2D {
  // Not oneHot's own dtype: tfjs-wasm writes whole numbers into the memory of float32.
  return tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), way), 'float32') as tf.Tensor2D;
}

/** A linear layer on the backbone's output, flattened where it is a map. */
function linearHead(name: string, backbone: LayersModel, way: number, seed: number): LayersModel {
  const shape = backbone.outputs[0]?.shape.slice(1) as number[];
  const embedding = input({ name: `${name}_input`, shape });
  const flat =
    shape.length === 1
      ? embedding
      : (layers.flatten({ name: `${name}_flat` }).apply(embedding) as SymbolicTensor);
  const kernelInitializer = initializers.glorotUniform({ seed: weightSeed(seed, `${name}/kernel`) });
  const outputs = layers.dense({ name, units: way, kernelInitializer }).apply(flat) as SymbolicTensor;
  return makeModel({ name, inputs: embedding, outputs });
}
