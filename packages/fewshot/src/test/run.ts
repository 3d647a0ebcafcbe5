/** What tests of runs train: tiny images of classes that are apart, and configs of a second. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FewShotDataset } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { createRegistry, define, plugin } from '@neusim/registry';
import type { TrainEvent } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { onTestFinished } from 'vitest';
import { embeddings, embedTask } from '../backbones/backbone';
import { baseHead } from '../heads/base-head';
import { type FewShotConfig, type FewShotConfigInput, type FewShotContext, trainFewShot } from '../index';
import { joinModels } from '../join-models';
import { crossEntropy } from '../losses';
import type { FewShotMethod, Learner, LearnerParts } from '../types';
import { centroids } from './centroids';
import { parts, SIDE, tinyPool } from './tiny';

/** Nearest class means, trained in each of the ways that there are. */
const means = define({
  kind: 'method',
  name: 'means',
  version: '1.0.0',
  summary: 'for tests',
  options: v.strictObject({
    by: v.optional(v.picklist(['nothing', 'classes', 'episodes']), 'episodes'),
    auxiliary: v.optional(v.number(), 0),
    prepares: v.optional(v.boolean(), false),
  }),
  load:
    () =>
    (given): FewShotMethod => ({
      name: 'means',
      options: given,
      trainedBy: given.by,
      build: (built) => build(built, given),
    }),
});

/** Images that `prepare` was given, of every learner in turn. */
export const prepared: number[] = [];

function build(
  { backbone, classes, seed }: LearnerParts,
  {
    by,
    auxiliary,
    prepares,
  }: { by: 'nothing' | 'classes' | 'episodes'; auxiliary: number; prepares: boolean },
): Learner {
  const plain = centroids(backbone);
  const prepare = async (images: AsyncIterable<tf.Tensor4D>) => {
    let count = 0;
    for await (const batch of images) count += batch.shape[0];
    prepared.push(count);
  };
  const more = { embed: plain.embed!, fit: plain.fit, ...(prepares && { prepare }) };
  if (by === 'nothing') return { ...plain, ...more };
  const needsHead = by === 'classes' || auxiliary > 0;
  const head = baseHead(backbone, { classes, seed });
  const model = needsHead ? joinModels('means', [backbone, head.model]) : backbone;
  if (!needsHead) disposeModel(head.model);
  if (by === 'classes') return { model, training: head.training, ...more };
  return {
    model,
    training: {
      by: 'episodes',
      loss: (task) =>
        tf.tidy(() => {
          const { way } = task;
          const both = embedTask(task, (images) => embeddings(backbone, images, true));
          const centres = tf.mean(tf.reshape(both.support, [way, -1, both.support.shape[1]]), 1);
          const far = tf.sum(tf.square(tf.sub(tf.expandDims(both.query, 1), tf.expandDims(centres, 0))), 2);
          return crossEntropy(task.query.labels, tf.neg(far) as tf.Tensor2D);
        }),
      ...(auxiliary > 0 && { auxiliary: { loss: head.training.loss, probability: () => auxiliary } }),
    },
    ...more,
  };
}

export const registry = createRegistry(...parts, plugin('means', '1.0.0', [means]));

export const dataset: FewShotDataset = {
  name: 'tiny',
  shape: [SIDE, SIDE, 1],
  train: tinyPool(6, 8, 1),
  validation: tinyPool(4, 6, 2, 220),
  test: tinyPool(4, 6, 3, 220),
};

/** Batch norm, Adam, augmentation, two episodes an update: all that a resumed run must carry on. */
export const small = (changes: Partial<FewShotConfigInput> = {}): FewShotConfigInput => ({
  seed: 3,
  dataset: 'tiny',
  backbone: { name: 'cnn-4', widths: [4, 4], normDecay: 0.9 },
  method: 'means',
  steps: 8,
  episodes: { way: 3, shot: 1, query: 2, tasks: 2 },
  batchSize: 12,
  normalize: 'dataset',
  augment: { padCrop: { pad: 1 }, flip: true },
  optimizer: { name: 'adam', learningRate: 0.02 },
  schedule: { name: 'staircase', every: 4 },
  l2: { filter: 5e-4 },
  evaluation: { every: 2, way: 3, shot: 1, query: 2, episodes: 12 },
  checkpoint: { seconds: 0 },
  log: { every: 1 },
  ...changes,
});

export type Event = TrainEvent<FewShotConfig>;

export async function collect(
  config: FewShotConfigInput,
  context: Partial<FewShotContext> = {},
): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of trainFewShot(config, { registry, dataset, ...context })) events.push(event);
  return events;
}

/** The events of one type, narrowed to it. */
export function ofType<T extends Event['type']>(events: readonly Event[], type: T) {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
}

/** An empty folder for the running test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-fewshot-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
