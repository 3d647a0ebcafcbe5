/**
 * The nearest-neighbour baseline of Ravi & Larochelle 2017: a network learns to tell the base classes apart, and the label of
 * a query is that of the support example whose embedding is most like its own. On pixels no network is asked, which tells
 * how much of a task needs no learning.
 */
import { disposeNewVariables, type Similarity, strictOptions, windowOf } from '@neusim/core';
import { disposeModel, makePart, type PartSpec, partSchema } from '@neusim/models';
import { type AnyRegistry, define, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { embeddingSize, embeddings, imageShape, imageSize } from '../backbones/backbone';
import { baseHead } from '../heads/base-head';
import { joinModels } from '../join-models';
import { type Memory, memoryClassifier } from '../metric/memory-classifier';
import { metricOf } from '../metric/metric';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

export interface NearestNeighbourOptions {
  /** A similarity without weights; default `hyperspherical`, the cosine. */
  readonly metric: PartSpec;
  /** What is compared: embeddings of a network trained to classify, or the images' pixels. */
  readonly on: 'embedding' | 'pixels';
}

/**
 * @param registry knows the metric.
 * @throws NeusimError CONFIG_INVALID for a metric with weights, and as `metricOf`.
 */
function methodOf(options: NearestNeighbourOptions, registry: AnyRegistry): FewShotMethod {
  const { metric, on } = options;
  requireWeightless(registry, metric);
  const makeMetric = metricOf(registry, { metric, on: 'embedding', scale: 1, learnScale: false });
  const build = on === 'pixels' ? onPixels : onEmbeddings;
  return Object.freeze<FewShotMethod>({
    name: 'nearest-neighbour',
    options: Object.freeze({ ...options }),
    trainedBy: on === 'pixels' ? 'nothing' : 'classes',
    build: (parts) => disposeNewVariables(() => build(parts, makeMetric)),
  });
}

type MakeMetric = ReturnType<typeof metricOf>;

function onEmbeddings({ backbone, classes, seed }: LearnerParts, makeMetric: MakeMetric): Learner {
  const head = baseHead(backbone, { classes, seed });
  return {
    model: joinModels('nearest-neighbour', [backbone, head.model]),
    training: head.training,
    ...nearest(backbone, makeMetric, seed),
  };
}

/** A network of no weights; the backbone, whose input says what an image is, is disposed of. */
function onPixels({ backbone, seed }: LearnerParts, makeMetric: MakeMetric): Learner {
  const image = input({ name: 'image', shape: imageShape(backbone) });
  const flat = layers.reshape({ name: 'pixels', targetShape: [imageSize(backbone)] });
  const pixels = flat.apply(image) as SymbolicTensor;
  const model = makeModel({ name: 'nearest-neighbour', inputs: image, outputs: pixels });
  const learner: Learner = { model, training: { by: 'nothing' }, ...nearest(model, makeMetric, seed) };
  disposeModel(backbone);
  return learner;
}

function nearest(network: LayersModel, makeMetric: MakeMetric, seed: number): Pick<Learner, 'embed' | 'fit'> {
  const takes = [embeddingSize(network)];
  const metric = makeMetric(takes, seed);
  return {
    embed: (images) => embeddings(network, images),
    fit: async (support, way, options) =>
      memoryClassifier(
        support,
        way,
        {
          takes,
          remember: (examples) => examples,
          score: (query, memory) => mostAlike(metric.score(query, memory.x), memory),
        },
        options,
      ),
  };
}

/** For each class how alike its most similar example is: [n,way] of scores [n,examples]. */
function mostAlike(scores: tf.Tensor2D, { labels, way }: Memory): tf.Tensor2D {
  const ofClass = Array.from({ length: way }, (): number[] => []);
  for (const [place, label] of labels.entries()) ofClass[label]!.push(place);
  return tf.stack(
    ofClass.map((places) => tf.max(tf.gather(scores, tf.tensor1d(places, 'int32'), 1), 1)),
    1,
  ) as tf.Tensor2D;
}

/** @throws NeusimError CONFIG_INVALID for a similarity that would want training: none of an episode's is had. */
function requireWeightless(registry: AnyRegistry, spec: PartSpec): void {
  const similarity = makePart<Similarity>(registry, 'similarity', spec);
  const window = windowOf({ shape: [1, 1, 2, 1] });
  if (similarity.source === 'none' && similarity.weights(window, 1).length === 0) return;
  throw new NeusimError('CONFIG_INVALID', `metric '${similarity.name}' has weights, which nothing trains`, {
    data: { path: 'metric', met: spec },
    hint: "nearest-neighbour takes a similarity without weights, such as 'hyperspherical', 'euclidean' or 'inner-product'; 'proto-net' and 'matching-net' learn one.",
  });
}

export const nearestNeighbour = define({
  kind: 'method',
  name: 'nearest-neighbour',
  version: '1.0.0',
  summary: 'the label of the most similar example, of embeddings or of pixels (Ravi & Larochelle 2017)',
  options: strictOptions({
    metric: v.optional(partSchema, 'hyperspherical'),
    on: v.optional(v.picklist(['embedding', 'pixels']), 'embedding'),
  }),
  load: () => methodOf,
});
