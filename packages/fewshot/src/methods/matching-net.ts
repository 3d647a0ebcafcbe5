/**
 * Matching networks (Vinyals et al. 2016): P(y | x, S) = Σᵢ a(x, xᵢ)·yᵢ (equation 1), attention of a query over the examples of
 * the support with a = softmax of their cosines (2.1.1); learned on episodes. Embeddings may see the support as a whole
 * (`full-context.ts`). Any similarity can take the cosine's place. The paper has no factor before the softmax, and so
 * bounds how sure an answer can be; `scale: 1` is the paper's.
 */
import { disposeNewVariables, logSoftmax, strictOptions } from '@neusim/core';
import { permutation, random, streams } from '@neusim/datasets';
import { type AnyRegistry, define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { embeddingSize, embeddings, embedTask } from '../backbones/backbone';
import { requireTask } from '../examples';
import { joinModels } from '../join-models';
import { crossEntropy, oneHot } from '../losses';
import { memoryClassifier } from '../metric/memory-classifier';
import { type MetricOptions, metricEntries, metricOf } from '../metric/metric';
import { fullContext } from '../modules/full-context';
import type { Examples, FewShotMethod, Learner, LearnerParts } from '../types';

export interface MatchingNetOptions extends MetricOptions {
  readonly on: 'embedding' | 'features';
  /** Whether embeddings depend on the support: three LSTMs, of as many units as an embedding has features. Default false. */
  readonly fullContext: boolean;
  /** K of the query's LSTM, from 1; default 10. */
  readonly steps: number;
}

/**
 * The method `matching-net`. Its classifiers can learn another class, unless the context is full.
 * @param registry knows the metric. @throws NeusimError as `metricOf`.
 */
function methodOf(options: MatchingNetOptions, registry: AnyRegistry): FewShotMethod {
  const makeMetric = metricOf(registry, options);
  return Object.freeze<FewShotMethod>({
    name: 'matching-net',
    options: Object.freeze({ ...options }),
    trainedBy: 'episodes',
    build: (parts) => disposeNewVariables(() => build(parts, options, makeMetric)),
  });
}

function build(
  { backbone, seed }: LearnerParts,
  options: MatchingNetOptions,
  makeMetric: ReturnType<typeof metricOf>,
): Learner {
  const features = embeddingSize(backbone);
  const metric = makeMetric([features], seed);
  const context = options.fullContext ? fullContext(features, options.steps, seed) : undefined;
  const seen = (examples: Examples, order = 0): Examples => {
    if (!context) return examples;
    const { x, labels } = shuffled(examples, order);
    return { x: context.support(x as tf.Tensor2D), labels };
  };
  const logits = (query: tf.Tensor, { x, labels }: Examples, way: number, training = false): tf.Tensor2D => {
    const asked = context?.query(query as tf.Tensor2D, x as tf.Tensor2D) ?? query;
    return byClass(logSoftmax(metric.score(asked, x, training)), labels, way);
  };
  return {
    model: joinModels('matching-net', [backbone, metric.model, ...(context?.models ?? [])]),
    training: {
      by: 'episodes',
      loss(task) {
        requireTask(task);
        return tf.tidy(() => {
          const { support, query } = embedTask(task, (images) => embeddings(backbone, images, true));
          const memory = seen({ x: support, labels: task.support.labels }, task.seed);
          return crossEntropy(task.query.labels, logits(query, memory, task.way, true));
        });
      },
    },
    embed: (images) => embeddings(backbone, images),
    fit: async (support, way, fit = {}) =>
      memoryClassifier(
        support,
        way,
        {
          takes: [features],
          remember: (examples) => ({ ...seen(examples, fit.seed), way: examples.way }),
          score: (query, memory) => logits(query, memory, memory.way),
          grows: !context,
        },
        fit,
      ),
  };
}

/** Below all logarithms of attention, where an example is of another class. */
const NOTHING = -1e30;

/**
 * log Σᵢ a(x, xᵢ)·yᵢ, [n,way] of log a [n,examples]. Of logarithms, with each class's largest taken out: attention that is no
 * float32 any more would give a class no gradient.
 */
function byClass(attention: tf.Tensor2D, labels: Int32Array, way: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [n, count] = attention.shape;
    const others = tf.mul(tf.sub(1, tf.transpose(oneHot(labels, way))), NOTHING);
    const ofClass = tf.add(tf.reshape(attention, [n, 1, count]), tf.reshape(others, [1, way, count]));
    return tf.logSumExp(ofClass, 2) as tf.Tensor2D;
  });
}

/** The support in an order that mixes the classes: what is read along it is no list of one class after the other. */
function shuffled({ x, labels }: Examples, seed: number): Examples {
  const order = permutation(random(seed, streams.supportOrder, labels.length), labels.length);
  const rows = oneHot(Int32Array.from(order), labels.length);
  // A product, not a gather, whose gradient not every engine has.
  return { x: tf.matMul(rows, x as tf.Tensor2D), labels: Int32Array.from(order, (place) => labels[place]!) };
}

export const matchingNet = define({
  kind: 'method',
  name: 'matching-net',
  version: '1.0.0',
  summary: 'attention over the examples, which full contexts can steer (Vinyals et al. 2016)',
  options: strictOptions({
    ...metricEntries('hyperspherical'),
    on: v.optional(v.picklist(['embedding', 'features']), 'embedding'),
    scale: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 10),
    fullContext: v.optional(v.boolean(), false),
    steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10),
  }),
  load: () => methodOf,
});
