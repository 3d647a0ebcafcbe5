/**
 * A training run as one JSON value: parsed once, then passed as a frozen value, and saved with the results.
 * Defaults are those of the paper's CIFAR experiments (method: §9) but for the length and the warm-up.
 */

import { strictOptions } from '@neusim/core';
import { about } from '@neusim/datasets';
import { partSchema } from '@neusim/models';
import { parseSchema } from '@neusim/registry';
import * as v from 'valibot';
import {
  amount,
  count,
  countOrNone,
  identityEntries,
  imageEntries,
  optimizerSchema,
  recordEntries,
  share,
  updateEntries,
} from './config-entries';

export const configSchema = strictOptions({
  ...identityEntries,
  /** A data set's name, or an object of name and options. */
  dataset: partSchema,
  /** The same for the model; it gets inputShape, classes and seed where it does not say them. */
  model: partSchema,
  steps: about('updates in all', count),
  batchSize: v.optional(about('images of a step', count), 128),
  /**
   * Threads that share each batch; `auto`: as many as there are cores, as long as each has enough to do. A run's saved
   * config has the number.
   */
  workers: v.optional(
    about(
      'threads that share each batch',
      v.union([v.literal('auto'), count], "allowed: 'auto', or a whole number from 1"),
    ),
    'auto',
  ),
  /**
   * Whether batch norm takes its statistics over the whole batch, where workers share it; else each over its part. With
   * one worker, by the same sums.
   */
  syncBatchNorm: v.optional(
    about('batch norm over the whole batch, where workers share it', v.boolean()),
    false,
  ),
  ...imageEntries,
  loss: v.optional(
    strictOptions({
      labelSmoothing: v.optional(about('share of the label that all classes get', share), 0),
      epsilon: v.optional(about('added to every probability under the logarithm', amount), 0),
    }),
    {},
  ),
  optimizer: v.optional(optimizerSchema, { name: 'sgd' }),
  ...updateEntries,
  evaluation: v.optional(
    strictOptions({
      every: v.optional(
        about('steps between two passes over the test images; 0: only after the last', countOrNone),
        0,
      ),
      batchSize: v.optional(about('test images at a time', count), 100),
    }),
    {},
  ),
  ...recordEntries,
});

/** A config as it may be written: what has a default may be left out. */
export type TrainConfigInput = v.InferInput<typeof configSchema>;

/** A parsed config: frozen, nothing left out. */
export type TrainConfig = Readonly<v.InferOutput<typeof configSchema>>;

/**
 * The frozen config, defaults filled in. Names of data sets, models and their options are checked by `train`.
 * @throws NeusimError CONFIG_INVALID with `data.path` of the bad key.
 */
export function parseConfig(json: unknown): TrainConfig {
  return parseSchema(configSchema, json, 'config');
}
