/**
 * SimpleShot (Wang et al. 2019): a network learns to tell the base classes apart; its embeddings are centred by the mean of
 * the base classes' and brought to norm 1 (CL2N), and the nearest class mean by euclidean distance decides. `UN` leaves
 * embeddings as they are, `L2N` only normalises.
 */
import { disposeNewVariables, strictOptions } from '@neusim/core';
import { type AnyRegistry, define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { embeddingSize, embeddings } from '../backbones/backbone';
import { BaseCentre, type Normalization } from '../heads/base-centre';
import { baseHead } from '../heads/base-head';
import { joinModels } from '../join-models';
import { memoryClassifier, oneEach } from '../metric/memory-classifier';
import { metricOf } from '../metric/metric';
import { prototypes } from '../metric/prototypes';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

export interface SimpleShotOptions {
  /** Default `CL2N`. */
  readonly normalization: Normalization;
}

/** @param registry knows `euclidean`. */
function methodOf(options: SimpleShotOptions, registry: AnyRegistry): FewShotMethod {
  const metric = { metric: 'euclidean', on: 'embedding', scale: 1, learnScale: false } as const;
  const makeMetric = metricOf(registry, metric);
  return Object.freeze<FewShotMethod>({
    name: 'simple-shot',
    options: Object.freeze({ ...options }),
    trainedBy: 'classes',
    build: (parts) => disposeNewVariables(() => build(parts, options, makeMetric)),
  });
}

function build(
  { backbone, classes, seed }: LearnerParts,
  { normalization }: SimpleShotOptions,
  makeMetric: ReturnType<typeof metricOf>,
): Learner {
  const features = embeddingSize(backbone);
  const centre = new BaseCentre({ name: 'base_centre', normalization });
  const head = baseHead(backbone, { classes, seed, onEmbeddings: (embedded) => centre.see(embedded) });
  const metric = makeMetric([features], seed);
  const embedding = input({ name: 'base_centre_input', shape: [features] });
  const model: LayersModel = makeModel({
    name: 'base_centre',
    inputs: embedding,
    outputs: centre.apply(embedding) as SymbolicTensor,
  });
  return {
    model: joinModels('simple-shot', [backbone, head.model, model]),
    training: head.training,
    ...(normalization === 'CL2N'
      ? { prepare: (images) => centre.prepare(images, (batch) => embeddings(backbone, batch)) }
      : {}),
    embed: (images) => tf.tidy(() => model.apply(embeddings(backbone, images)) as tf.Tensor2D),
    fit: async (support, way, options) =>
      memoryClassifier(
        support,
        way,
        {
          takes: [features],
          remember: ({ x, labels, way }) => oneEach(prototypes(x, labels, way), way),
          score: (query, { x }) => metric.score(query, x),
        },
        options,
      ),
  };
}

export const simpleShot = define({
  kind: 'method',
  name: 'simple-shot',
  version: '1.0.0',
  summary: 'the nearest class mean of embeddings that are centred and of norm 1 (Wang et al. 2019)',
  options: strictOptions({ normalization: v.optional(v.picklist(['UN', 'L2N', 'CL2N']), 'CL2N') }),
  requires: ['similarity:euclidean'],
  load: () => methodOf,
});
