/**
 * Prototypical networks (Snell, Swersky & Zemel 2017): a class is the mean of its embedded examples (equation 1), and the
 * logits of a query are −‖query − prototype‖² (equation 2), learned on episodes. Any similarity can take the distance's
 * place, with prototypes for kernels: with M it is learned how embeddings are compared.
 */
import { disposeNewVariables, strictOptions } from '@neusim/core';
import { type AnyRegistry, define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { embeddingSize, embeddings, embedTask, mapOf, mapShape } from '../backbones/backbone';
import { requireTask } from '../examples';
import { joinModels } from '../join-models';
import { crossEntropy } from '../losses';
import { memoryClassifier, oneEach, type Remembering } from '../metric/memory-classifier';
import { type MetricOptions, metricEntries, metricOf } from '../metric/metric';
import { prototypes } from '../metric/prototypes';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

export interface ProtoNetOptions extends MetricOptions {}

/** @param registry knows the metric. @throws NeusimError as `metricOf`. */
function methodOf(options: ProtoNetOptions, registry: AnyRegistry): FewShotMethod {
  const makeMetric = metricOf(registry, options);
  return Object.freeze<FewShotMethod>({
    name: 'proto-net',
    options: Object.freeze({ ...options }),
    trainedBy: 'episodes',
    build: (parts) => disposeNewVariables(() => build(parts, options, makeMetric)),
  });
}

function build(
  { backbone, seed }: LearnerParts,
  { on }: ProtoNetOptions,
  makeMetric: ReturnType<typeof metricOf>,
): Learner {
  const network = on === 'map' ? mapOf(backbone) : backbone;
  const shape = on === 'map' ? mapShape(network) : [embeddingSize(network)];
  const metric = makeMetric(shape, seed);
  const embed = (images: tf.Tensor, training = false) =>
    on === 'map' ? (network.apply(images, { training }) as tf.Tensor) : embeddings(network, images, training);
  const remembering: Remembering = {
    takes: shape,
    remember: ({ x, labels, way }) => oneEach(prototypes(x, labels, way), way),
    score: (query, { x }) => metric.score(query, x),
  };
  return {
    model: joinModels('proto-net', [network, metric.model]),
    training: {
      by: 'episodes',
      loss(task) {
        requireTask(task);
        return tf.tidy(() => {
          const { support, query } = embedTask(task, (images) => embed(images, true));
          const means = prototypes(support, task.support.labels, task.way);
          return crossEntropy(task.query.labels, metric.score(query, means, true));
        });
      },
    },
    embed: (images) => tf.tidy(() => embed(images)),
    fit: async (support, way, options) => memoryClassifier(support, way, remembering, options),
  };
}

export const protoNet = define({
  kind: 'method',
  name: 'proto-net',
  version: '1.0.0',
  summary: 'the nearest class mean, by a distance or any similarity (Snell et al. 2017)',
  options: strictOptions(metricEntries('euclidean')),
  requires: ['similarity:euclidean'],
  load: () => methodOf,
});
