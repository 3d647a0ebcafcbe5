// The layouts in which copies of few-shot data sets lie in folders. Each knows itself by names of files, and gives the
// classes of one part at a time.

import { NeusimError } from '@neusim/registry';
import type { NamedPool } from '../episodes/pool';
import type { FewShotPart as Part } from '../episodes/types';
import type { ImageOptions } from '../store/encoded';
import type { DatasetPlatform, OpenOptions } from '../types';

export type { Part };

/** Names of the classes of each part. */
export type DivisionOfClasses = Readonly<Record<Part, readonly string[]>>;

/** What files and folders of a part are called; the first is the usual one. */
export const PART_NAMES: Readonly<Record<Part, readonly [string, ...string[]]>> = {
  train: ['train'],
  validation: ['val', 'validation', 'valid'],
  test: ['test'],
};

/** What is read. */
export interface Reading {
  /** Of the data set's definition. */
  readonly name: string;
  readonly version: string;
  readonly platform: DatasetPlatform;
  /** Or an archive's path. */
  readonly folder: string;
  readonly image: ImageOptions;
  readonly options: OpenOptions;
}

/** Takes so many bytes of the memory, where they fit. @returns the bytes that there were. */
export type Claim = (bytes: number) => number;

/** How a part is read. */
export interface PartOptions {
  /** Bytes of images to hold; more are read from a file. What fits is held. */
  readonly memory: number;
  /** Where image files may be decoded when the first is read: what they take of the memory is claimed then. */
  readonly late?: Claim | undefined;
}

/** Gives the parts of an open data set. */
export interface PartReader {
  /** @throws NeusimError `DATASET_NOT_FOUND` for a part that is not there, and what reading it throws */
  pool(part: Part, how: PartOptions): Promise<NamedPool>;
}

export interface Layout {
  /** What its folder holds, for messages. */
  readonly holds: string;
  /** Whether the names of its files tell the data set, may be another's, or are anyone's, and tell nothing. */
  readonly tells: 'set' | 'maybe' | 'nothing';
  /** By names of files alone. */
  isIn(platform: DatasetPlatform, folder: string): Promise<boolean>;
  open(reading: Reading): Promise<PartReader>;
}

/** `{part}` in each pattern is what files of the part are called. */
export function namesOfPart(patterns: readonly string[], part: Part): string[] {
  return patterns.flatMap((pattern) =>
    pattern.includes('{part}') ? PART_NAMES[part].map((name) => pattern.replace('{part}', name)) : [pattern],
  );
}

/** The path of the first of these files that is in the folder. */
export async function findFile(
  platform: DatasetPlatform,
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    const path = platform.joinPath(folder, name);
    if (await platform.exists(path)) return path;
  }
  return undefined;
}

/** @throws NeusimError `DATASET_NOT_FOUND` */
export async function requireFile(
  { name, platform, folder }: Pick<Reading, 'name' | 'platform' | 'folder'>,
  part: Part,
  names: readonly string[],
): Promise<string> {
  const found = await findFile(platform, folder, names);
  if (found !== undefined) return found;
  throw missingPart(name, part, folder, names);
}

/** @param names of files or folders of which one is wanted. */
export function missingPart(dataset: string, part: Part, folder: string, names: readonly string[]) {
  return new NeusimError(
    'DATASET_NOT_FOUND',
    `${folder} has no ${part} part of ${dataset}: no ${names.join(' or ')}`,
    {
      data: { dataset, part, folder, looked: names },
      hint: `put ${names[0]} there, beside the files of the other parts`,
    },
  );
}
