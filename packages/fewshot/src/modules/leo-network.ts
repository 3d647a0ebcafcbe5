/**
 * The networks of LEO (Rusu et al. 2019), all linear or small: from a support's features to a latent code for each class, and from
 * the codes to the weights of a linear classifier.
 */
import { disposeNewVariables, weightSeed } from '@neusim/core';
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
import { ownWeights } from '../adaptation/own-weights';
import { embeddingSize } from '../backbones/backbone';
import { unit } from '../heads/unit';
import { joinModels } from '../join-models';
import { prototypes } from '../metric/prototypes';
import type { LearnerParts } from '../types';

/** What a loss draws; absent, all is as expected: means, and no dropout. */
export interface Noise {
  /** Standard normal numbers of a shape. */
  normal(shape: readonly number[]): tf.Tensor;
  dropout(x: tf.Tensor): tf.Tensor;
}

/**
 * Most of a log-variance, up or down. The classifier's grows with the codes, whose steps grow with the classifier: an
 * exponential without a bound takes that to infinity within the steps of one episode.
 */
const MOST = 6;

/** A diagonal Gaussian: N(mean, deviation²·exp(logVariance)), [way,values] each. */
export interface Gaussian {
  readonly mean: tf.Tensor2D;
  readonly logVariance: tf.Tensor2D;
  /** Where the log-variance is 0. */
  readonly deviation: number;
}

export interface LeoNetwork {
  /** Backbone, encoder, relation network, decoder, rates. The backbone is not trainable. */
  readonly model: LayersModel;
  /** Values of one embedding. */
  readonly features: number;
  /** Kernels [inputs,outputs] of the layers that LEO adds; the decoder's, [latent,2·features], is the last. */
  kernels(): tf.Tensor2D[];
  /** The learned rates of both loops, scalars. */
  rates(): { readonly latent: tf.Tensor; readonly finetuning: tf.Tensor };
  /** The codes' distribution, of a support [n,features]. The caller tidies. */
  encode(x: tf.Tensor2D, labels: Int32Array, way: number, noise?: Noise): Gaussian;
  /** The distribution of the classifier's weights [way,features], of codes [way,latent]. The caller tidies. */
  decode(codes: tf.Tensor2D): Gaussian;
}

export interface LeoNetworkOptions {
  readonly latent: number;
  readonly latentRate: number;
  readonly finetuningRate: number;
}

/** @throws NeusimError FEWSHOT_BACKBONE for a backbone that gives no embedding, FEWSHOT_LAYER_NAME for names that are taken. */
export const leoNetwork = (parts: LearnerParts, options: LeoNetworkOptions): LeoNetwork =>
  disposeNewVariables(() => build(parts, options));

function build({ backbone, seed }: LearnerParts, options: LeoNetworkOptions): LeoNetwork {
  const { latent } = options;
  const features = embeddingSize(backbone);
  const encoder = linear('leo_encoder', [features, latent], seed);
  const relation = linear('leo_relation', [2 * latent, 2 * latent, 2 * latent, 2 * latent], seed);
  const decoder = linear('leo_decoder', [latent, 2 * features], seed);
  const rates = ownWeights('leo_rates', [
    { name: 'latent', shape: [], value: options.latentRate },
    { name: 'finetuning', shape: [], value: options.finetuningRate },
  ]);
  const model = joinModels('leo', [backbone, encoder, relation, decoder, rates.model]);
  for (const variable of backbone.weights) variable.trainable = false;
  const [latentRate, finetuningRate] = rates.weights as [LayerVariable, LayerVariable];
  return {
    model,
    features,
    kernels: () =>
      [encoder, relation, decoder].flatMap((each) => each.weights.map((w) => w.read() as tf.Tensor2D)),
    rates: () => ({ latent: latentRate.read(), finetuning: finetuningRate.read() }),
    encode: (x, labels, way, noise) => {
      const codes = encoder.apply(noise ? noise.dropout(x) : x) as tf.Tensor2D;
      const related = relation.apply(pairs(codes)) as tf.Tensor2D;
      const count = labels.length;
      const ofEach = tf.mean(tf.reshape(related, [count, count, 2 * latent]), 1) as tf.Tensor2D;
      return gaussian(prototypes(ofEach, labels, way), 1);
    },
    decode: (codes) => {
      const way = codes.shape[0];
      return gaussian(decoder.apply(codes) as tf.Tensor2D, Math.sqrt(2 / (features + way)));
    },
  };
}

/** Linear layers without bias, with ReLU between them. @param sizes of the input, and of each layer's output. */
function linear(name: string, [inputs, ...outputs]: readonly number[], seed: number): LayersModel {
  const start = input({ name: `${name}_input`, shape: [inputs as number] });
  const last = outputs.length;
  const end = outputs.reduce<SymbolicTensor>((x, units, i) => {
    const own = last === 1 ? name : `${name}${i + 1}`;
    const kernelInitializer = initializers.glorotUniform({ seed: weightSeed(seed, `${own}/kernel`) });
    const activation = i + 1 < last ? 'relu' : 'linear';
    return layers
      .dense({ name: own, units, useBias: false, activation, kernelInitializer })
      .apply(x) as SymbolicTensor;
  }, start);
  return makeModel({ name, inputs: start, outputs: end });
}

/** All pairs [n·n,2·values] of rows [n,values]: row i·n + j is (i, j). */
function pairs(rows: tf.Tensor2D): tf.Tensor2D {
  const [count, values] = rows.shape;
  const left = tf.mul(tf.reshape(rows, [count, 1, values]), tf.ones([1, count, 1]));
  const right = tf.mul(tf.reshape(rows, [1, count, values]), tf.ones([count, 1, 1]));
  return tf.reshape(tf.concat([left, right], 2), [count * count, 2 * values]);
}

/** The halves of [way,2·values] as mean and log-variance, which is s in its middle and stays within ±6: 6·tanh(s/6). */
function gaussian(both: tf.Tensor2D, deviation: number): Gaussian {
  const [mean, free] = tf.split(both, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  return { mean, logVariance: tf.mul(tf.tanh(tf.div(free, MOST)), MOST), deviation };
}

/** One of the values [way,values]: mean + deviation·exp(logVariance / 2)·ε; without noise the mean. */
export function draw({ mean, logVariance, deviation }: Gaussian, noise?: Noise): tf.Tensor2D {
  if (!noise) return mean;
  return tf.tidy(() => {
    const scale = tf.mul(tf.exp(tf.div(logVariance, 2)), deviation);
    return tf.add(mean, tf.mul(scale, noise.normal(mean.shape)));
  });
}

/** KL(N(μ, e^s) ‖ N(0, 1)) = ½(μ² + e^s − 1 − s), the mean over all values. @param codes of deviation 1. */
export function divergence({ mean, logVariance }: Gaussian): tf.Scalar {
  return tf.tidy(() => {
    const excess = tf.sub(tf.sub(tf.exp(logVariance), logVariance), 1);
    return tf.div(tf.mean(tf.add(tf.square(mean), excess)), 2) as tf.Scalar;
  });
}

/** How far the rows of a kernel are from being at right angles: the mean of (R − I)², with R their cosines. */
export function correlation(kernel: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const rows = unit(kernel, 1);
    const cosines = tf.matMul(rows, rows, false, true);
    return tf.mean(tf.square(tf.sub(cosines, tf.eye(kernel.shape[0])))) as tf.Scalar;
  });
}
