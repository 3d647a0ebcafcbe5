/**
 * Dynamic NSN (Liu et al. 2019, few-shot experiment; method: §11): the convolutions' M is predicted from the image, so that the
 * predictors, trained on the base classes, do the adapting: they give a new image an M of its own. On a task's support a fresh
 * head is trained on the embeddings, and as an option the predictors, or the whole network. What the paper leaves open (how it
 * is trained, head, steps) is ours.
 */
import {
  describeWeights,
  leafLayers,
  NeuralSimilarityConv2D,
  servingLayers,
  strictOptions,
  type WeightInfo,
} from '@neusim/core';
import { type AnyRegistry, define, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { networkFit } from '../adaptation/adapt-network';
import { type Adaptation, adaptationEntries, networkRateEntry } from '../adaptation/adaptation';
import { embeddingSize, embeddings, embedTask } from '../backbones/backbone';
import { requireTask } from '../examples';
import { baseHead } from '../heads/base-head';
import { adapting, classTrained } from '../heads/class-trained';
import { headFit } from '../heads/frozen-head';
import { flatten, headOf, type LinearStart, linearStartEntry } from '../heads/head';
import type { Fit } from '../heads/refit';
import { crossEntropy } from '../losses';
import { type Metric, metricOf } from '../metric/metric';
import { prototypes } from '../metric/prototypes';
import type { FewShotMethod, Task } from '../types';

export interface DynamicNsnOptions extends Adaptation {
  readonly networkRate: number;
  readonly training: 'classes' | 'episodes';
  readonly head: 'linear' | 'cosine' | 'prototypes';
  readonly linearStart: LinearStart;
  readonly adapt: 'head' | 'predictor' | 'all';
}

/** @param registry knows `euclidean`. */
function methodOf(options: DynamicNsnOptions, registry: AnyRegistry): FewShotMethod {
  const makeMetric = metricOf(registry, {
    metric: 'euclidean',
    on: 'embedding',
    scale: 1,
    learnScale: false,
  });
  return Object.freeze<FewShotMethod>({
    name: 'dynamic-nsn',
    options: Object.freeze({ ...options }),
    trainedBy: options.training,
    build({ backbone, classes, seed }) {
      const metric = makeMetric([embeddingSize(backbone)], seed);
      const fit = fitOf(backbone, predictorWeights(backbone), metric, options);
      const frozen = options.adapt === 'head';
      if (options.training === 'classes')
        return classTrained(
          'dynamic-nsn',
          backbone,
          () => baseHead(backbone, { classes, seed }),
          () => fit,
          frozen,
        );
      const loss = (task: Task) => episodeLoss(backbone, metric, task);
      return { model: backbone, training: { by: 'episodes', loss }, ...adapting(backbone, fit, frozen) };
    },
  });
}

function fitOf(
  backbone: LayersModel,
  predictors: WeightInfo[],
  metric: Metric,
  options: DynamicNsnOptions,
): Fit {
  const { adapt } = options;
  if (options.head === 'prototypes') return prototypeFit(metric);
  const head = headOf(options.head, options.linearStart);
  if (adapt === 'head') return headFit(head, options);
  const weights =
    adapt === 'predictor' ? predictors : describeWeights(backbone).filter(({ trainable }) => trainable);
  return networkFit({ backbone, weights, head, adaptation: options });
}

/** Of the query among the support's class means (Snell et al. 2017), all embedded as one batch. */
const episodeLoss = (backbone: LayersModel, metric: Metric, task: Task) =>
  tf.tidy(() => {
    requireTask(task);
    const { support, query } = embedTask(task, (images) => embeddings(backbone, images, true));
    const means = prototypes(support, task.support.labels, task.way);
    return crossEntropy(task.query.labels, metric.score(query, means, true));
  });

const prototypeFit =
  (metric: Metric): Fit =>
  async ({ x, labels }, way) => {
    const means = tf.tidy(() => prototypes(flatten(x), labels, way));
    return {
      predict: (query) => tf.tidy(() => metric.score(flatten(query), means)),
      dispose: () => means.dispose(),
    };
  };

/**
 * The trainable weights of all predictors, their batch norms included.
 * @throws NeusimError FEWSHOT_BACKBONE where no layer's M is predicted.
 */
function predictorWeights(backbone: LayersModel): WeightInfo[] {
  const predicted = leafLayers(backbone).filter(
    (layer) => layer instanceof NeuralSimilarityConv2D && layer.similarity.source === 'predictor',
  );
  const layers = new Set(predicted.flatMap((layer) => [...servingLayers(layer)].map(({ name }) => name)));
  if (predicted.length > 0)
    return describeWeights(backbone).filter(({ layer, trainable }) => trainable && layers.has(layer));
  throw new NeusimError('FEWSHOT_BACKBONE', `no layer of ${backbone.name} has a predicted similarity`, {
    data: {
      method: 'dynamic-nsn',
      backbone: backbone.name,
      layers: backbone.layers.map(({ name }) => name),
      similarity: 'dynamic-dns',
    },
    hint: "Give a backbone whose convolutions have one, such as cnn-4 with similarity: 'dynamic-dns'.",
  });
}

const means = 'prototypes are means: nothing is trained on the support with them';

export const dynamicNsn = define({
  kind: 'method',
  name: 'dynamic-nsn',
  version: '1.0.0',
  summary: 'dynamic neural similarity: predictors trained on the base classes adapt M to each image',
  options: v.pipe(
    strictOptions({
      /** On base classes, or on episodes by the loss of prototypical networks. */
      training: v.optional(v.picklist(['classes', 'episodes']), 'classes'),
      /** Of a task: trained on the support, or the means of its classes. */
      head: v.optional(v.picklist(['linear', 'cosine', 'prototypes']), 'linear'),
      ...linearStartEntry,
      /** What moves on the support besides a head that is trained. */
      adapt: v.optional(v.picklist(['head', 'predictor', 'all']), 'head'),
      ...adaptationEntries,
      ...networkRateEntry(),
    }),
    v.forward(
      v.check(({ head, adapt }) => head !== 'prototypes' || adapt === 'head', means),
      ['adapt'],
    ),
  ),
  requires: ['similarity:euclidean'],
  load: () => methodOf,
});
