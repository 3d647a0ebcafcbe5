// Few-shot data sets made in code, and what came of them.

import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { onTestFinished } from 'vitest';
import type { ClassPool, FewShotDataset } from '../episodes/types';
import datasets from '../index';
import { readImages } from '../split';
import type { Dataset, DatasetSource, OpenOptions, Split } from '../types';

const registry = createRegistry(datasets);
await registry.ready();

type Name = 'mini-imagenet' | 'tiered-imagenet' | 'cifar-fs' | 'fc100';

export const sourceOf = (name: Name, options: object = {}) =>
  registry.make('dataset', name, options as never) as DatasetSource;

/** For episodes, closed at the end of the test. */
export async function episodesOf(
  source: DatasetSource,
  folder: string | undefined,
  options: OpenOptions = {},
): Promise<FewShotDataset> {
  const opened = await source.episodes!(platform, folder, { cache: false, ...options });
  onTestFinished(async () => opened.close?.());
  return opened;
}

/** To classify, closed at the end of the test. */
export async function baseOf(
  source: DatasetSource,
  folder: string | undefined,
  options: OpenOptions = {},
): Promise<Dataset> {
  const opened = await source.open(platform, folder, { cache: false, ...options });
  onTestFinished(async () => opened.close?.());
  return opened;
}

/** `class first-byte` of every image, in order. */
export async function contentsOf(pool: ClassPool | (Split & Pick<Dataset, 'classes'>)): Promise<string[]> {
  const all = Uint32Array.from({ length: pool.count }, (_, index) => index);
  const bytes = await readImages(pool as Split, all);
  const pixels = bytes.length / pool.count;
  return Array.from(pool.labels, (label, index) => `${pool.classes[label]} ${bytes[index * pixels]}`);
}

export const allOf = async ({ train, validation, test }: FewShotDataset) => ({
  train: await contentsOf(train),
  validation: await contentsOf(validation),
  test: await contentsOf(test),
});

/** Bytes [count, ...shape], those of image i all `first` + i but the last, which is 200. */
export function bytesOf(count: number, shape: readonly number[], first = 0): Uint8Array {
  const pixels = shape.reduce((product, side) => product * side, 1);
  return Uint8Array.from({ length: count * pixels }, (_, at) =>
    at % pixels === pixels - 1 ? 200 : first + Math.floor(at / pixels),
  );
}
