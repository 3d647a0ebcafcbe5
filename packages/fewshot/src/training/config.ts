/**
 * A few-shot run as one JSON value: parsed once, then passed as a frozen value, and saved with the results. What it shares
 * with the training of a classifier has the same keys.
 */
import { strictOptions } from '@neusim/core';
import { about, divisionSchema } from '@neusim/datasets';
import { partSchema } from '@neusim/models';
import { parseSchema } from '@neusim/registry';
import { identityEntries, imageEntries, optimizerSchema, recordEntries, updateEntries } from '@neusim/train';
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const countOrNone = v.pipe(v.number(), v.integer(), v.minValue(0));
const seed = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The form of an episode. */
const episodeEntries = (query: number) => ({
  way: v.optional(about('classes of an episode', v.pipe(v.number(), v.integer(), v.minValue(2))), 5),
  shot: v.optional(about('images of each class to learn from', count), 1),
  query: v.optional(about('other images of each class to be asked for', count), query),
  within: v.optional(
    about('all classes of an episode of one group, such as an alphabet', v.literal('group')),
  ),
  minImages: v.optional(about('classes of fewer images are left out', countOrNone)),
});

const savedEntries = {
  file: about('folder or URL of a saved LayersModel', v.string()),
  layer: v.optional(about('whose output is the embedding', v.string())),
};

const backbone = v.union(
  [
    v.string(),
    v.strictObject({
      ...savedEntries,
      frozen: v.optional(about('whether training leaves it as it is, statistics too', v.boolean())),
    }),
    // What is a MobileNet gets images resized and scaled, stays as it is, and has its last map averaged.
    v.strictObject({ ...savedEntries, as: v.literal('mobilenet') }),
    v.looseObject({ name: v.string() }),
  ],
  "allowed: a model's name, an object with a name and options, { file } of a saved model, or 'identity'",
);

/** Schema of a few-shot run's config. */
export const fewShotConfigSchema = strictOptions({
  ...identityEntries,
  /** A data set's name, or an object of name and options. */
  dataset: partSchema,
  /** Which classes are for what; without it as the data set divides them, or by `divisionSchema`'s defaults. */
  division: v.optional(divisionSchema),
  /**
   * What makes embeddings: a model's name, or name and options (it gets inputShape, seed and `head: 'none'` where it does
   * not say them); a saved model; or `identity`, which gives images as they are, as vectors.
   */
  backbone: v.optional(backbone, 'cnn-4'),
  /** A method's name, or an object of name and options. */
  method: partSchema,
  /** These two are the data set's: a run's saved config has them, so that its learner can be made without it. */
  classes: v.optional(about("classes that are trained on: the data set's", count)),
  /** [height, width, channels] of an image as the network gets it, or [features]. */
  inputShape: v.optional(about('of one image, after `transform`', v.pipe(v.array(count), v.minLength(1)))),
  steps: about('updates in all; 0: the network is only tested', countOrNone),
  /** Of training, where the method is trained by episodes; `way` is also what a head of a fixed size gets. */
  episodes: v.optional(
    strictOptions({
      ...episodeEntries(15),
      tasks: v.optional(about('episodes of an update, whose gradients are averaged', count), 1),
    }),
    {},
  ),
  batchSize: v.optional(about('images of a step on base classes', count), 64),
  ...imageEntries,
  optimizer: v.optional(optimizerSchema, { name: 'adam' }),
  ...updateEntries,
  evaluation: v.optional(
    strictOptions({
      every: v.optional(about('steps between two tests; 0: only after the last', countOrNone), 0),
      ...episodeEntries(15),
      episodes: v.optional(about('how many, the same each time', v.pipe(count, v.minValue(2))), 600),
      seed: v.optional(about('of the choice of episodes', seed), 1),
      pool: v.optional(about('classes that are tested on', v.picklist(['validation', 'test'])), 'validation'),
      batchSize: v.optional(about('images that are embedded at a time', count), 64),
    }),
    {},
  ),
  /** A run ends with the weights that were tested best, whether it is stopped or not. */
  stop: v.optional(
    strictOptions({
      patience: v.optional(
        about('end after so many tests without a better one; 0: never for that', countOrNone),
        0,
      ),
    }),
    {},
  ),
  ...recordEntries,
});

/** A config as it may be written: what has a default may be left out. */
export type FewShotConfigInput = v.InferInput<typeof fewShotConfigSchema>;

/** A parsed config: frozen, nothing left out. */
export type FewShotConfig = Readonly<v.InferOutput<typeof fewShotConfigSchema>>;

/**
 * The frozen config, defaults filled in. Names of data sets, models and methods are checked by `trainFewShot`.
 * @throws NeusimError CONFIG_INVALID with `data.path` of the bad key.
 */
export function parseFewShotConfig(json: unknown): FewShotConfig {
  return parseSchema(fewShotConfigSchema, json, 'config');
}
