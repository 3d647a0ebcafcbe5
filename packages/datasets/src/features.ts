// Features as a data set for few-shot learning: train.npz, validation.npz (or val.npz) and test.npz with other classes
// each, or one file whose classes are divided. What LEO learns from (Rusu et al. 2019).

import { define } from '@neusim/registry';
import * as v from 'valibot';
import { divideClasses, requireDisjoint } from './episodes/divide-classes';
import { noImages } from './episodes/errors';
import type { ClassPool, FewShotDataset } from './episodes/types';
import { badFile } from './errors';
import { requireFolder } from './folder';
import { readFeatures } from './npy/features';
import { inFolderSchema } from './options';
import type { DatasetPlatform, DatasetSource, OpenOptions } from './types';

const NAME = 'features';
const PARTS = {
  train: ['train.npz'],
  validation: ['validation.npz', 'val.npz', 'valid.npz'],
  test: ['test.npz'],
} as const;

const options = v.strictObject({
  /** The .npz in the folder, where all classes are in one; default: the only one. */
  file: v.optional(inFolderSchema),
  /** Names of the arrays; default: `features`, `labels` and `classes`, and other usual ones. */
  arrays: v.optional(
    v.strictObject({
      features: inFolderSchema,
      labels: inFolderSchema,
      /** Names of the classes, which the labels number. */
      classes: v.optional(inFolderSchema),
    }),
  ),
  /** Of the division, where all classes are in one file. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
});

/** Features in numpy's arrays. */
export const features = define({
  kind: 'dataset',
  name: NAME,
  version: '1.0.0',
  summary: "features extracted beforehand, in numpy's arrays: for few-shot learning alone",
  options,
  load:
    () =>
    (given): DatasetSource => ({
      async open() {
        throw noImages();
      },
      async episodes(platform, folder, open) {
        const { seed, ...how } = given;
        if (folder?.endsWith('.npz')) {
          const pool = await readFeatures(platform, folder, how, open);
          return divideClasses({ ...pool, name: NAME }, { seed });
        }
        const holds = 'train.npz, validation.npz and test.npz, or one .npz, or features.npy and labels.npy';
        const at = await requireFolder(platform, NAME, folder, holds);
        const files = given.file === undefined ? await findParts(platform, at) : undefined;
        if (files) return readParts(platform, at, files, how.arrays, open);
        return divideClasses({ ...(await readFeatures(platform, at, how, open)), name: NAME }, { seed });
      },
    }),
});

type Parts = Readonly<Record<keyof typeof PARTS, string>>;

/** Undefined where one of the three is missing. */
async function findParts(platform: DatasetPlatform, folder: string): Promise<Parts | undefined> {
  const names = new Set(await platform.listFolder(folder));
  const of = (part: keyof typeof PARTS) => PARTS[part].find((name) => names.has(name));
  const [train, validation, test] = [of('train'), of('validation'), of('test')];
  return train && validation && test ? { train, validation, test } : undefined;
}

async function readParts(
  platform: DatasetPlatform,
  folder: string,
  files: Parts,
  arrays: v.InferOutput<typeof options>['arrays'],
  open: OpenOptions | undefined,
): Promise<FewShotDataset> {
  const read = async (part: keyof Parts): Promise<ClassPool> => {
    const pool = await readFeatures(platform, platform.joinPath(folder, files[part]), { arrays }, open);
    // Numbers begin at 0 in each file, and are no names.
    const areNumbers = pool.classes.every((name) => /^-?\d+$/.test(name));
    return areNumbers ? { ...pool, classes: pool.classes.map((name) => `${part}/${name}`) } : pool;
  };
  const [train, validation, test] = [await read('train'), await read('validation'), await read('test')];
  for (const [part, pool] of [
    ['validation', validation],
    ['test', test],
  ] as const) {
    const [wanted, size] = [train.shape[2], pool.shape[2]];
    if (size === wanted) continue;
    const message = `${size} features; those to train on are ${wanted}`;
    throw badFile('DATASET_BAD_SHAPE', platform.joinPath(folder, files[part]), 0, message, { size, wanted });
  }
  return requireDisjoint({ name: NAME, shape: train.shape, train, validation, test });
}
