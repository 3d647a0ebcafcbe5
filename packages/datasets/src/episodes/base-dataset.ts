// The classes of a pool as a data set to classify: what methods that are trained on classes train on.

import { divide } from '../files/choose';
import type { Dataset } from '../types';
import { asSplit, type NamedPool, selectFrom } from './pool';
import type { ClassPool } from './types';

/** Which images of each class are tested on. */
export interface BaseDatasetOptions {
  /** Share of each class to test on, above 0 and below 1; default 0.2. One image at least, of a class that has two. */
  readonly test?: number | undefined;
  /** Of the choice: 0..2^53 - 1, default 0. */
  readonly seed?: number | undefined;
}

/**
 * All classes of a pool, a seeded share of each to test on. Nothing is copied.
 * @throws NeusimError `EPISODE_FEATURES`, `DATASET_BAD_SEED`
 */
export function baseDataset(
  pool: ClassPool | NamedPool,
  { test: share = 0.2, seed = 0 }: BaseDatasetOptions = {},
): Dataset {
  asSplit(pool);
  const all = Array.from(pool.labels, (label, index) => ({ label, index }));
  const { train, test } = divide(all, { test: share, seed });
  const part = (of: readonly { readonly index: number }[]) =>
    asSplit(
      selectFrom(
        pool,
        Uint32Array.from(of, ({ index }) => index),
      ),
    );
  return {
    name: 'name' in pool ? pool.name : 'base classes',
    shape: pool.shape,
    classes: pool.classes,
    train: part(train),
    test: part(test),
  };
}
