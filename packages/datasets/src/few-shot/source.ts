// A few-shot data set out of whichever of its layouts lies in a folder: to train on its training classes, a share of each
// held out, and for episodes.

import { NeusimError } from '@neusim/registry';
import { baseDataset } from '../episodes/base-dataset';
import { PARTS, requireDisjoint } from '../episodes/divide-classes';
import type { NamedPool } from '../episodes/pool';
import type { FewShotDataset } from '../episodes/types';
import { evenly } from '../files/choose';
import { detected, notFound } from '../folder';
import type { Limit } from '../options';
import { selectImages } from '../split';
import type { ImageOptions } from '../store/encoded';
import { DEFAULT_MEMORY } from '../store/open-encoded';
import type {
  Dataset,
  DatasetPlatform,
  DatasetSource,
  Detected,
  FewShotOpenOptions,
  OpenOptions,
  Split,
} from '../types';
import type { Layout, Part, PartReader } from './layout';

/** Options of all few-shot data sets. */
export interface FewShotOptions extends ImageOptions {
  readonly testShare: number;
  readonly seed: number;
  readonly limit: Limit;
}

export interface FewShotSet {
  readonly name: string;
  readonly version: string;
  /** Folders below the one given that may hold it. */
  readonly below: readonly string[];
  /** Tried in this order. */
  readonly layouts: readonly [Layout, ...Layout[]];
}

export function fewShotSource(set: FewShotSet, given: FewShotOptions): DatasetSource {
  const { name, version } = set;
  const open = async (platform: DatasetPlatform, folder: string | undefined, options: OpenOptions) => {
    const { at, layout } = await findLayout(platform, set, folder);
    return layout.open({ name, version, platform, folder: at, image: given, options });
  };
  return {
    detect: (platform, folder) => detect(platform, set, folder),
    async open(platform, folder, options = {}) {
      const reader = await open(platform, folder, options);
      const { train } = await pools(reader, { ...options, parts: ['train'] }, ['train']);
      return toClassify(train, given);
    },
    async episodes(platform, folder, options = {}) {
      const reader = await open(platform, folder, options);
      return together(name, await pools(reader, options, PARTS));
    },
  };
}

/**
 * Some parts of a data set. Each gets the memory that those read before it have left.
 * @param wanted no part twice.
 */
async function pools<P extends Part>(
  reader: PartReader,
  { memory = DEFAULT_MEMORY, parts = PARTS }: FewShotOpenOptions,
  wanted: readonly P[],
): Promise<Readonly<Record<P, NamedPool>>> {
  const found: Partial<Record<Part, NamedPool>> = {};
  let left = memory;
  const isLate = (part: Part) => !parts.includes(part);
  const claim = (bytes: number) => {
    const had = left;
    if (bytes <= left) left -= bytes;
    return had;
  };
  try {
    for (const part of wanted.toSorted((a, b) => Number(isLate(a)) - Number(isLate(b)))) {
      const pool = await reader.pool(part, { memory: left, late: isLate(part) ? claim : undefined });
      found[part] = pool;
      if (pool.images instanceof Uint8Array) left = Math.max(0, left - pool.images.length);
    }
    return found as Record<P, NamedPool>;
  } catch (error) {
    await closeAll(found);
    throw error;
  }
}

async function closeAll(pools: Partial<Record<Part, NamedPool>>): Promise<void> {
  for (const pool of Object.values(pools)) await pool.close?.();
}

async function together(name: string, parts: Readonly<Record<Part, NamedPool>>): Promise<FewShotDataset> {
  const { train, validation, test } = parts;
  try {
    const { shape } = train;
    return requireDisjoint({ name, shape, train, validation, test, close: () => closeAll(parts) });
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
}

async function toClassify(pool: NamedPool, { testShare, seed, limit }: FewShotOptions): Promise<Dataset> {
  const { train, test, ...base } = baseDataset(pool, { test: testShare, seed });
  if (test.count === 0) {
    await pool.close?.();
    throw new NeusimError(
      'DATASET_EMPTY',
      `no class of ${pool.name} has two images, one of them to test on`,
      {
        data: { dataset: pool.name, split: 'test' },
        hint: 'give more images of each class',
      },
    );
  }
  const first = (split: Split, most: number | undefined) => {
    if (most === undefined || most >= split.count) return split;
    const all = Array.from(split.labels, (label, index) => ({ label, index }));
    return selectImages(
      split,
      evenly(all, most).map(({ index }) => index),
    );
  };
  return {
    ...base,
    name: pool.name,
    train: first(train, limit.train),
    test: first(test, limit.test),
    close: async () => pool.close?.(),
  };
}

async function detect(
  platform: DatasetPlatform,
  { name, below, layouts }: FewShotSet,
  folder: string,
): Promise<Detected | undefined> {
  const telling = layouts.filter(({ tells }) => tells !== 'nothing');
  const found = await lookThrough(platform, telling, foldersOf(platform, folder, below));
  if (!found) return undefined;
  // A folder's name tells what files of anyone's names do not.
  const letters = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  const isNamed = letters(found.at.split(/[\\/]/).findLast((part) => part !== '') ?? '') === letters(name);
  return detected(found.at, found.layout.tells === 'maybe' && !isNamed);
}

async function findLayout(platform: DatasetPlatform, set: FewShotSet, folder: string | undefined) {
  const { name, below, layouts } = set;
  const folders = folder === undefined ? [] : foldersOf(platform, folder, below);
  const found = await lookThrough(platform, layouts, folders);
  if (found) return found;
  const holds = layouts.map((layout) => layout.holds);
  throw notFound(platform, name, folder, below, holds);
}

const foldersOf = (platform: DatasetPlatform, folder: string, below: readonly string[]) => [
  folder,
  ...below.map((name) => platform.joinPath(folder, name)),
];

/** A layout that tells more is looked for in all folders before one that tells less. */
async function lookThrough(
  platform: DatasetPlatform,
  layouts: readonly Layout[],
  folders: readonly string[],
): Promise<{ readonly at: string; readonly layout: Layout } | undefined> {
  for (const layout of layouts)
    for (const at of folders) if (await layout.isIn(platform, at)) return { at, layout };
  return undefined;
}
