/**
 * Discriminative k-shot learning (Bauer, Rojas-Carulla, Świątkowski, Schölkopf & Turner 2017, "Discriminative k-shot learning using
 * probabilistic models"): the softmax weights of a network trained on the base classes give a Gaussian prior over the weights of
 * new classes, which are then those of largest posterior probability given the support. The paper's best uses one variance
 * for all values, on the last features of a ResNet-34.
 */
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { embeddings } from '../backbones/backbone';
import { baseHead } from '../heads/base-head';
import { classTrained } from '../heads/class-trained';
import { fitBaseHead } from '../heads/fit-base-head';
import { flatten, headLogits } from '../heads/head';
import { headTensors } from '../heads/linear-head';
import { mapWeights } from '../heads/map-weights';
import type { Fit } from '../heads/refit';
import { fitPrior, type PriorOptions } from '../heads/weight-prior';
import type { FewShotMethod } from '../types';

export interface DiscriminativeKShotOptions extends PriorOptions {
  /** Whether classes have a bias, in training and of a task; the prior is then one of both together. */
  readonly bias: boolean;
}

function methodOf(options: DiscriminativeKShotOptions): FewShotMethod {
  return Object.freeze<FewShotMethod>({
    name: 'discriminative-k-shot',
    options: Object.freeze({ ...options }),
    trainedBy: 'classes',
    build({ backbone, classes, seed }) {
      const head = () => baseHead(backbone, { classes, seed, useBias: options.bias });
      const learner = classTrained(
        'discriminative-k-shot',
        backbone,
        head,
        (made) => fitOf(made, options),
        true,
      );
      return {
        ...learner,
        fitBase: (batches, more) =>
          fitBaseHead(
            learner.model.getLayer('base_head'),
            (images) => embeddings(backbone, images),
            batches,
            more,
          ),
      };
    },
  });
}

/** @param head whose first weights are [1,1,features,classes], and the second biases [classes]. */
function fitOf(head: LayersModel, options: DiscriminativeKShotOptions): Fit {
  return async ({ x, labels }, way, { signal }) => {
    const known = await knownWeights(head, options.bias);
    const examples = rows((await x.data()) as Float32Array, labels.length, options.bias);
    const found = await mapWeights(examples, labels, way, fitPrior(known, options), { signal });
    const features = x.size / labels.length;
    const [weights, perClass] = headTensors({
      weights: Float32Array.from(found.flatMap((each) => [...each.subarray(0, features)])),
      perClass: Float32Array.from(found, (each) => each[features] ?? 0),
    });
    return {
      predict: (query) => tf.tidy(() => headLogits({ kind: 'linear' }, flatten(query), weights, perClass)),
      dispose: () => tf.dispose([weights, perClass]),
    };
  };
}

/** Of each base class its weights and its bias. */
async function knownWeights(head: LayersModel, bias: boolean): Promise<Float64Array[]> {
  const [kernel, biases] = await Promise.all(
    head.weights.map(async (weight) => (await weight.read().data()) as Float32Array),
  );
  const classes = head.outputs[0]!.shape[1] as number;
  const features = kernel!.length / classes;
  return Array.from({ length: classes }, (_, label) =>
    Float64Array.from({ length: features + (bias ? 1 : 0) }, (_, i) =>
      i < features ? kernel![i * classes + label]! : biases![label]!,
    ),
  );
}

/** Examples as rows, each with a 1 for the bias. */
function rows(values: Float32Array, count: number, bias: boolean): Float64Array[] {
  const features = values.length / count;
  return Array.from({ length: count }, (_, example) => {
    const row = new Float64Array(features + (bias ? 1 : 0)).fill(1);
    row.set(values.subarray(example * features, (example + 1) * features));
    return row;
  });
}

export const discriminativeKShot = define({
  kind: 'method',
  name: 'discriminative-k-shot',
  version: '1.0.0',
  summary: 'new softmax weights of largest posterior probability, the prior from those of the base classes',
  options: strictOptions({
    covariance: v.optional(v.picklist(['isotropic', 'diagonal', 'full']), 'isotropic'),
    /** How far the covariance is drawn towards its mean variance, 0..1. */
    shrinkage: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
    /** Factor on the prior's logarithm, above 0. */
    strength: v.optional(v.pipe(v.number(), v.gtValue(0)), 1),
    bias: v.optional(v.boolean(), true),
  }),
  load: () => methodOf,
});
