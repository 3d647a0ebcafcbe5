/**
 * The keys that every kind of run has in its config, in groups: a config's schema is made of them and of keys of its own.
 * Defaults are those of the paper's CIFAR experiments (method: §9) but for the length and the warm-up.
 */

import { strictOptions } from '@neusim/core';
import { about, augmentSchema, normalizeSchema, transformSchema } from '@neusim/datasets';
import * as v from 'valibot';

/** A whole number from 1. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** A whole number from 0. */
export const countOrNone = v.pipe(v.number(), v.integer(), v.minValue(0));
/** A number from 0. */
export const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
/** A number from 0, below 1. */
export const share = v.pipe(v.number(), v.minValue(0), v.ltValue(1));
const above0 = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** SGD with momentum, or Adam, with their rates. */
export const optimizerSchema = v.variant('name', [
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
    name: v.literal('staircase'),
    every: about('steps after each of which the rate is multiplied by factor', count),
    factor: v.optional(about('of each stair', above0), 0.5),
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

/** What a run is called, what it draws by, and whose parts it knows. */
export const identityEntries = {
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
};

/** From images to what the network gets. */
export const imageEntries = {
  /** What the network's input shape comes from. */
  transform: v.optional(about('of all images, in training and in tests', transformSchema), {}),
  /** `dataset`: by the training images' mean and deviation. A run's saved config has the numbers. */
  normalize: v.optional(about('what pixels become', normalizeSchema), 'none'),
  /** Of training images. */
  augment: v.optional(augmentSchema, {}),
};

/** From gradients to weights. */
export const updateEntries = {
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
};

/** What is kept and told of a run. */
export const recordEntries = {
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
};
