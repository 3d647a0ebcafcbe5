/** What the tests of this package train: a registry, a small config, a folder that goes away. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import core from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { onTestFinished } from 'vitest';
import { type TrainConfigInput, type TrainContext, type TrainEvent, train } from '../index';
import { patterns } from './patterns';

export const registry = createRegistry(core, hypernet, masks, models);

/** Batch norm, momentum, augmentation, a schedule and penalties: all that a resumed run must carry on. */
export const small = (changes: Partial<TrainConfigInput> = {}): TrainConfigInput => ({
  seed: 3,
  dataset: 'patterns',
  model: { name: 'nsn-digits', width: 2, similarity: 'static-uns' },
  steps: 12,
  batchSize: 10,
  normalize: 'unit',
  augment: { padCrop: { pad: 1 }, flip: true },
  loss: { labelSmoothing: 0.01, epsilon: 1e-4 },
  optimizer: { name: 'sgd', learningRate: 0.1 },
  schedule: { name: 'step', at: [6], warmup: 3 },
  l2: { filter: 5e-4, norm: 5e-4, predictor: 5e-4 },
  evaluation: { every: 5 },
  checkpoint: { seconds: 0 },
  log: { every: 1 },
  ...changes,
});

export async function collect(
  config: TrainConfigInput,
  context: Partial<TrainContext> = {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(config, { registry, dataset: patterns, ...context })) events.push(event);
  return events;
}

/** The events of one type, narrowed to it. */
export function ofType<T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) {
  return events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
}

/** An empty folder for the running test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-train-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
