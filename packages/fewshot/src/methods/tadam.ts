/**
 * TADAM (Oreshkin, Rodríguez López & Lacoste 2018, "TADAM: Task dependent adaptive metric for improved few-shot learning"):
 * prototypical networks with
 *
 * - a learned scale of the metric: logits −α·‖z − c‖² (section 2.1). It starts at 1; the paper does not say where.
 * - task conditioning (2.2): the episode is run twice. First as it is, for the task's representation, the mean of the class
 *   prototypes; then with FiLM behind each batch norm, whose γ and β a network makes of that representation.
 * - auxiliary co-training (2.3): in between, classification of base classes by a linear head on the unconditioned
 *   network, with probability 0.9^⌊20·t/T⌋ at step t of T.
 *
 * The paper's network is ResNet-12 of widths 64/128/256/512; any backbone with batch norm does.
 */
import { disposeNewVariables, strictOptions } from '@neusim/core';
import { partSchema } from '@neusim/models';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { embeddingSize, embeddings, embedTask, imageShape } from '../backbones/backbone';
import { requireTask } from '../examples';
import { baseHead } from '../heads/base-head';
import { fitToGrow } from '../heads/refit';
import { joinModels } from '../join-models';
import { crossEntropy } from '../losses';
import { metricOf } from '../metric/metric';
import { prototypes } from '../metric/prototypes';
import { conditionOnTask } from '../modules/task-conditioning';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

const count = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), fallback);
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const options = strictOptions({
  /** The similarity of query and prototype: its name, or its name with options. */
  metric: v.optional(partSchema, 'euclidean'),
  /** Where its factor α starts, above 0. */
  scale: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1),
  /** Whether training moves α. */
  learnScale: v.optional(v.boolean(), true),
  /** Whether the task conditions the network. */
  conditioning: v.optional(v.boolean(), true),
  /** Layers of each of the networks that make γ and β. */
  depth: count(3),
  /** The paper's γ₀ and β₀ are one number a layer; `channel`: one a channel. */
  multipliers: v.optional(v.picklist(['layer', 'channel']), 'layer'),
  /** λ of their penalty λ/2‖·‖². */
  penalty: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0.01),
  /** Steps on base classes in between, with probability decay^⌊stages·t/T⌋; false for none. */
  auxiliary: v.optional(
    v.union([v.literal(false), v.strictObject({ decay: v.optional(share, 0.9), stages: count(20) })]),
    {},
  ),
});

type TadamOptions = v.InferOutput<typeof options>;

export const tadam = define({
  kind: 'method',
  name: 'tadam',
  version: '1.0.0',
  summary: 'TADAM: prototypes by a metric of learned scale, in a network that the task conditions',
  options,
  requires: ['similarity:euclidean'],
  load:
    () =>
    (options: TadamOptions, registry): FewShotMethod => {
      const { metric, scale, learnScale } = options;
      const makeMetric = metricOf(registry, { metric, scale, learnScale, on: 'embedding' });
      return Object.freeze({
        name: 'tadam',
        options: Object.freeze({ ...options }),
        trainedBy: 'episodes',
        build: (parts: LearnerParts) => disposeNewVariables(() => build(parts, options, makeMetric)),
      });
    },
});

function build(
  { backbone, classes, seed }: LearnerParts,
  { conditioning, auxiliary, ...options }: TadamOptions,
  makeMetric: ReturnType<typeof metricOf>,
): Learner {
  const features = embeddingSize(backbone);
  const metric = makeMetric([features], seed);
  const base = auxiliary ? baseHead(backbone, { classes, seed }) : undefined;
  const network = conditioning ? conditionOnTask(backbone, { ...options, seed }) : undefined;

  /** [1,features] of the support: the mean of its prototypes. */
  const representation = (x: tf.Tensor, labels: Int32Array, way: number, training: boolean) =>
    tf.mean(prototypes(embeddings(backbone, x, training), labels, way), 0, true) as tf.Tensor2D;
  const embedOn = (x: tf.Tensor, task: tf.Tensor2D | undefined, training: boolean): tf.Tensor2D => {
    if (!network || !task) return embeddings(backbone, x, training);
    const y = network.apply([x, task], { training }) as tf.Tensor;
    return tf.reshape(y, [x.shape[0] as number, features]);
  };

  return {
    model: joinModels('tadam', [network ?? backbone, metric.model, ...(base ? [base.model] : [])]),
    training: {
      by: 'episodes',
      loss(task) {
        requireTask(task);
        return tf.tidy(() => {
          const { x, labels } = task.support;
          const on = network ? representation(x, labels, task.way, true) : undefined;
          const { support, query } = embedTask(task, (images) => embedOn(images, on, true));
          const means = prototypes(support, labels, task.way);
          return crossEntropy(task.query.labels, metric.score(query, means, true));
        });
      },
      ...(base && auxiliary
        ? {
            auxiliary: {
              loss: base.training.loss,
              probability: (step, steps) => auxiliary.decay ** Math.floor((auxiliary.stages * step) / steps),
            },
          }
        : {}),
    },
    // Another class makes another task: all of the support is looked at again.
    fit: (support, way, fitOptions) =>
      fitToGrow(
        async ({ x, labels }, count) => {
          const [means, on] = tf.tidy(() => {
            const task = network ? [representation(x, labels, count, false)] : [];
            return [prototypes(embedOn(x, task[0], false), labels, count), ...task];
          }) as [tf.Tensor2D, tf.Tensor2D?];
          return {
            predict: (query) => tf.tidy(() => metric.score(embedOn(query, on, false), means)),
            dispose: () => void tf.dispose([means, ...(on ? [on] : [])]),
          };
        },
        imageShape(backbone),
        support,
        way,
        fitOptions,
      ),
  };
}
