/** A backbone with a linear head, as a function of those of its weights that adapt; with a rate for each, where they are learned. */
import { describeWeights, disposeNewVariables, type WeightInfo, weightSeed } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { embeddingSize, embeddings } from '../backbones/backbone';
import { joinModels } from '../join-models';
import type { LearnerParts } from '../types';
import { withWeights } from './functional';
import { ownWeights } from './own-weights';

export interface AdaptiveOptions {
  readonly rate: number;
  readonly rates: 'fixed' | 'learned';
  readonly head: 'learned' | 'zero';
}

/** Which of the backbone's trainable weights do what. */
export interface WeightChoice {
  /** Moved on a support, as the head is in any case. */
  adapts(weight: WeightInfo): boolean;
  /** Moved by training. */
  trains(weight: WeightInfo): boolean;
}

export interface AdaptiveNetwork {
  /** The backbone, the head and the learned rates; trainable is what training moves. */
  readonly model: LayersModel;
  /** What the weights that adapt begin with: variables, and zeros, which the caller tidies. */
  starts(way: number): tf.Tensor[];
  /** The other weights that training moves, learned rates among them. */
  parameters(): tf.Tensor[];
  /** One for each that adapts. */
  rates(): (tf.Tensor | number)[];
  /**
   * [n,way] of images [n,H,W,C], with `weights` in place of those that adapt.
   * @param call.writes whether running statistics move; default false.
   */
  logits(
    x: tf.Tensor,
    weights: readonly tf.Tensor[],
    call: { readonly training: boolean; readonly writes?: boolean },
  ): tf.Tensor2D;
  /** @throws NeusimError FEWSHOT_WAY for a number of classes that the head is not for. */
  requireWay(way: number): void;
}

export const adaptiveNetwork = (
  name: string,
  parts: LearnerParts,
  options: AdaptiveOptions,
  choice: WeightChoice,
): AdaptiveNetwork => disposeNewVariables(() => build(name, parts, options, choice));

function build(
  name: string,
  { backbone, way: trainedWay, seed }: LearnerParts,
  options: AdaptiveOptions,
  choice: WeightChoice,
): AdaptiveNetwork {
  const isZero = options.head === 'zero';
  const head = linearHead(`${name}_head`, embeddingSize(backbone), trainedWay, seed);
  const body = describeWeights(backbone).filter(({ trainable }) => trainable);
  const ofHead = describeWeights(head);
  const adapting = [...body.filter((weight) => choice.adapts(weight)), ...ofHead];
  const startsAtZero = (weight: WeightInfo) => isZero && ofHead.includes(weight);
  // The head's last axis are the classes.
  const shapeOf = (weight: WeightInfo, way: number) => {
    const shape = weight.variable.shape as number[];
    return startsAtZero(weight) ? [...shape.slice(0, -1), way] : shape;
  };
  const rates =
    options.rates === 'learned'
      ? ownWeights(
          `${name}_rates`,
          adapting.map((weight) => ({
            name: weight.name.replaceAll('/', '_'),
            // Zeros serve any way, and so must their rates.
            shape: shapeOf(weight, 1),
            value: options.rate,
          })),
        )
      : undefined;
  const model = joinModels(name, [backbone, head, ...(rates ? [rates.model] : [])]);
  for (const weight of body) weight.variable.trainable = choice.trains(weight);
  for (const { variable } of ofHead) variable.trainable = !isZero;
  const moving = new Set(adapting.map(({ variable }) => variable));
  const others = describeWeights(model).filter(
    ({ trainable, variable }) => trainable && !moving.has(variable),
  );
  return {
    model,
    starts: (way) =>
      adapting.map((weight) =>
        startsAtZero(weight) ? tf.zeros(shapeOf(weight, way)) : weight.variable.read(),
      ),
    parameters: () => others.map(({ variable }) => variable.read()),
    rates: () => adapting.map((_, i) => rates?.weights[i]?.read() ?? options.rate),
    logits(x, weights, { training, writes = false }) {
      const replacements = new Map(adapting.map(({ variable }, i) => [variable, weights[i] as tf.Tensor]));
      const run = () => head.apply(embeddings(backbone, x, training)) as tf.Tensor2D;
      return withWeights(model, replacements, run, { writes });
    },
    requireWay(way) {
      if (isZero || way === trainedWay) return;
      throw new NeusimError('FEWSHOT_WAY', `${name} has a head of ${trainedWay} classes, not ${way}`, {
        data: { method: name, way, trained: trainedWay },
        hint: `Give episodes of ${trainedWay} classes, train with way ${way}, or choose the option head: 'zero'.`,
      });
    },
  };
}

/** A linear layer on embeddings [n,features]. */
function linearHead(name: string, features: number, way: number, seed: number): LayersModel {
  const embedding = input({ name: `${name}_input`, shape: [features] });
  const kernelInitializer = initializers.glorotUniform({ seed: weightSeed(seed, `${name}/kernel`) });
  const outputs = layers.dense({ name, units: way, kernelInitializer }).apply(embedding) as SymbolicTensor;
  return makeModel({ name, inputs: embedding, outputs });
}
