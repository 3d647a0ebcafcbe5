// The index beside a file of decoded images: it is there once all are, and says which were left out.

import * as v from 'valibot';

import type { DatasetPlatform, Statistics } from '../types';

/** Of a data set's whole index; labels and names are in the listing, which `key` is a digest of. */
export interface StoreIndex {
  readonly key: string;
  /** Of the file of images. */
  readonly bytes: number;
  /** Images that did not decode, and why, in their order: training images first. */
  readonly skipped: readonly (readonly [index: number, reason: string])[];
  /** Of the training images that decoded. */
  readonly statistics: Statistics;
}

/** One that is larger was not written here. */
const MAX_BYTES = 2 ** 28;

const schema = v.strictObject({
  key: v.string(),
  bytes: v.number(),
  skipped: v.array(v.tuple([v.number(), v.string()])),
  statistics: v.strictObject({ mean: v.array(v.number()), std: v.array(v.number()) }),
});

const pathOf = (file: string) => `${file}.json`;

/** Undefined where there is none, or none that can be trusted. */
export async function readIndex(
  platform: DatasetPlatform,
  file: string,
  key: string,
  bytes: number,
): Promise<StoreIndex | undefined> {
  try {
    const index = v.parse(schema, JSON.parse(await platform.readText(pathOf(file), MAX_BYTES)));
    const isOurs = index.key === key && index.bytes === bytes;
    return isOurs && (await platform.size(file)) === bytes ? index : undefined;
  } catch {
    return undefined;
  }
}

export async function writeIndex(platform: DatasetPlatform, file: string, index: StoreIndex): Promise<void> {
  await platform.writeAtomic(pathOf(file), `${JSON.stringify(index)}\n`);
}

/** The images have to be looked at again, or made again. */
export async function removeIndex(platform: DatasetPlatform, file: string): Promise<void> {
  await platform.removeFile(pathOf(file));
}
