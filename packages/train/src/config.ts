/**
 * A training run as one JSON value: parsed once, then passed as a frozen value, and saved with the results.
 * Defaults are those of the paper's CIFAR experiments (method: §9) but for the length and the warm-up.
 */

import { strictOptions } from '@neusim/core';
import { about, augmentSchema, normalizeSchema, transformSchema } from '@neusim/datasets';
import { partSchema } from '@neusim/models';
import { parseSchema } from '@neusim/registry';
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const countOrNone = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
const above0 = v.pipe(v.number(), v.finite(), v.gtValue(0));

const optimizer = v.variant('name', [
  strictOptions({
    name: v.literal('sgd'),
    learningRate: v.optional(about('before the schedule', above0), 0.1),
    momentum: v.optional(about('μ of v ← μv + g', share), 0.9),
    nesterov: v.optional(about('looks ahead by the momentum', v.boolean()), false),
  }),
  strictOptions({
    name: v.literal('adam'),
    learningRate: v.optional(about('before the schedule', above0), 1e-3),
    beta1: v.optional(about('decay of the mean gradient', share), 0.9),
    beta2: v.optional(about('decay of the mean square', share), 0.999),
    epsilon: v.optional(about('added to the root of the mean square', above0), 1e-8),
  }),
]);

const warmup = v.optional(
  about("steps over which the rate rises linearly to the schedule's", countOrNone),
  0,
);

const schedule = v.variant('name', [
  strictOptions({ name: v.literal('constant'), warmup }),
  strictOptions({
    name: v.literal('step'),
    at: about('steps after which the rate is multiplied by factor, once each', v.array(count)),
    factor: v.optional(about('of each step in `at`', above0), 0.1),
    warmup,
  }),
  strictOptions({
    name: v.literal('cosine'),
    end: v.optional(
      about(
        'share of the rate that is left at the last step',
        v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      ),
      0,
    ),
    warmup,
  }),
]);

export const configSchema = strictOptions({
  name: v.optional(about("of the run, for people; default: the model's", v.string())),
  /** 0..2^53 - 1. */
  seed: v.optional(
    about(
      "of the weights' start, the order of the images and their augmentation",
      v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    ),
    0,
  ),
  /**
   * Modules whose default export is a plug-in, or a list of them: names of packages, or paths of files. Whoever makes the
   * registry imports them, as the command line does; `train` takes the registry as it is.
   */
  plugins: v.optional(
    about('packages or files with plug-ins: they are run', v.array(v.pipe(v.string(), v.nonEmpty()))),
    [],
  ),
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
  /** What the network's input shape comes from. */
  transform: v.optional(about('of all images, in training and in tests', transformSchema), {}),
  /** `dataset`: by the training images' mean and deviation. A run's saved config has the numbers. */
  normalize: v.optional(about('what pixels become', normalizeSchema), 'none'),
  /** Of training images. */
  augment: v.optional(augmentSchema, {}),
  loss: v.optional(
    strictOptions({
      labelSmoothing: v.optional(about('share of the label that all classes get', share), 0),
      epsilon: v.optional(about('added to every probability under the logarithm', amount), 0),
    }),
    {},
  ),
  optimizer: v.optional(optimizer, { name: 'sgd' }),
  schedule: v.optional(schedule, { name: 'constant' }),
  /**
   * λ of λ/2‖w‖², by what a weight is for. A weight that has its own keeps it: the M of `static-uns` has 5e-3, which
   * `model.similarity: { name: 'static-uns', l2: 0 }` switches off. `penalties` of the `start` event tells them.
   */
  l2: v.optional(
    strictOptions({
      filter: v.optional(about('λ of λ/2‖w‖² of kernels', amount), 0),
      bias: v.optional(about('λ of λ/2‖w‖² of biases', amount), 0),
      similarity: v.optional(about('λ of λ/2‖w‖² of M, where the layer has no λ of its own', amount), 0),
      shape: v.optional(about('λ of λ/2‖w‖² of kernel shapes', amount), 0),
      predictor: v.optional(about('λ of λ/2‖w‖² of predictors', amount), 0),
      norm: v.optional(about('λ of λ/2‖w‖² of batch norm', amount), 0),
    }),
    {},
  ),
  /**
   * λ of λ/2‖WᵀW − I‖², with W a kernel as [values of a filter, filters], by what it is for. A weight that has its own
   * keeps it: `model.similarity: { name: 'hyperspherical', orthogonality: 2e-4 }`.
   */
  orthogonality: v.optional(
    strictOptions({
      filter: v.optional(about('λ of λ/2‖WᵀW − I‖² of kernels', amount), 0),
      predictor: v.optional(about('λ of λ/2‖WᵀW − I‖² of predictors', amount), 0),
    }),
    {},
  ),
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
  checkpoint: v.optional(
    strictOptions({
      every: v.optional(
        about('steps between two; 0: as `seconds` says, at the end, and when stopped', countOrNone),
        0,
      ),
      seconds: v.optional(
        about('of work that a crash may cost: after so many another is written; 0: never for that', amount),
        30,
      ),
      keep: v.optional(about('how many', count), 3),
    }),
    {},
  ),
  log: v.optional(
    strictOptions({
      every: v.optional(about('steps between two `step` events', count), 10),
      /**
       * Steps between two readings of the loss, which is checked then. More than 1 keeps a GPU's queue full; `auto`: 16
       * on an engine that records steps, else 1.
       */
      readEvery: v.optional(
        about('steps between two readings of the loss', v.union([v.literal('auto'), count])),
        'auto',
      ),
    }),
    {},
  ),
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
