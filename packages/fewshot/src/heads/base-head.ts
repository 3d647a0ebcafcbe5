/**
 * Training by classes: a head over the base classes on top of the embedding, which no task needs afterwards. The head is a
 * convolution of one pixel, so that any similarity can compare embeddings with the classes' kernels: the inner product is a
 * linear layer, `hyperspherical` the cosine head of Chen et al. 2019, "A Closer Look at Few-shot Classification".
 */
import {
  innerProduct,
  neuralSimilarity,
  type Predictor,
  type Similarity,
  softmaxCrossEntropy,
  weightSeed,
} from '@neusim/core';
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
import type { Training } from '../types';

export interface BaseHeadOptions {
  /** Base classes, from 2. */
  readonly classes: number;
  readonly seed: number;
  /** Default: the inner product. */
  readonly similarity?: Similarity | undefined;
  /** Of a dynamic similarity. */
  readonly predictor?: Predictor | undefined;
  /** Default true. */
  readonly useBias?: boolean;
  /** Factor on the head's output in the loss; default 1. A cosine wants more. */
  readonly scale?: number;
  /** In [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /** Looks at what the loss embeds: [B,features]. */
  onEmbeddings?(embeddings: tf.Tensor2D): void;
}

export interface BaseHead {
  /** From embeddings [B,features] to logits [B,classes] before `scale`; its layers begin with `base_head`. To be joined to the learner's. */
  readonly model: LayersModel;
  readonly training: Extract<Training, { by: 'classes' }>;
}

/**
 * A head over base classes, and the training of it and the backbone by cross-entropy.
 * @throws NeusimError FEWSHOT_BASE_CLASSES for fewer than two classes, and FEWSHOT_BACKBONE as `embeddingSize`.
 */
export function baseHead(backbone: LayersModel, options: BaseHeadOptions): BaseHead {
  const { classes, seed, similarity = innerProduct, predictor, useBias = true } = options;
  requireBaseClasses(classes);
  const features = embeddingSize(backbone);
  const name = 'base_head';
  const embedding = input({ name: `${name}_input`, shape: [features] });
  const pixel = layers.reshape({ name: `${name}_pixel`, targetShape: [1, 1, features] }).apply(embedding);
  const stddev = Math.sqrt(2 / features);
  const score = neuralSimilarity(pixel as SymbolicTensor, {
    name,
    filters: classes,
    kernelSize: 1,
    useBias,
    similarity,
    ...(predictor ? { predictor } : {}),
    kernelInitializer: initializers.randomNormal({
      mean: 0,
      stddev,
      seed: weightSeed(seed, `${name}/kernel`),
    }),
  });
  const logits = layers.flatten({ name: `${name}_logits` }).apply(score) as SymbolicTensor;
  const model = makeModel({ name, inputs: embedding, outputs: logits });
  return { model, training: classTraining(backbone, model, options) };
}

/** Cross-entropy of a head's logits [B,classes], of the batch's embeddings. */
export function classTraining(
  backbone: LayersModel,
  head: LayersModel,
  {
    scale = 1,
    labelSmoothing = 0,
    onEmbeddings,
  }: Pick<BaseHeadOptions, 'scale' | 'labelSmoothing' | 'onEmbeddings'> = {},
): BaseHead['training'] {
  return {
    by: 'classes',
    loss: ({ x, labels }) =>
      tf.tidy(() => {
        const embedded = embeddings(backbone, x, true);
        onEmbeddings?.(embedded);
        const y = head.apply(embedded, { training: true }) as tf.Tensor2D;
        const wanted = tf.oneHot(tf.cast(labels, 'int32'), y.shape[1]) as tf.Tensor2D;
        return softmaxCrossEntropy(wanted, tf.mul(y, scale), { labelSmoothing });
      }),
  };
}

/** @throws NeusimError FEWSHOT_BASE_CLASSES for fewer than two classes. */
export function requireBaseClasses(classes: number): void {
  if (classes >= 2) return;
  throw new NeusimError('FEWSHOT_BASE_CLASSES', `training by classes takes 2 base classes, not ${classes}`, {
    data: { classes },
    hint: 'Give a pool of more classes to train on, or a method that is trained by episodes.',
  });
}
