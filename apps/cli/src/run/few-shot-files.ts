// How the files of a few-shot report are called: by what was tested, so that one finds them; no report takes another's place.

import { basename, resolve } from 'node:path';
import { exists, joinPath, readText } from '@neusim/platform';
import type { PartName } from './few-shot-data';

/** Characters of a data set's name in a file's: with four bytes each the whole has less than the 255 bytes that there are. */
const LONGEST_NAME = 48;
/** Figures have less. */
const MOST_BYTES = 2 ** 26;

/** Readers that say how images are stored, and not which they are. */
const FORMATS: readonly string[] = ['csv-images', 'features', 'idx', 'image-folder', 'npz', 'parquet'];

export interface Data {
  /** Of the data set. */
  readonly dataset: string;
  readonly folder?: string | null | undefined;
}

/** What a person calls the data: the folder's name, where the data set's is that of a format alone. */
export function dataName({ dataset, folder }: Data): string {
  return folder && FORMATS.includes(dataset) ? basename(resolve(folder)) || dataset : dataset;
}

/** `5-way-1-shot-test-photos`. */
export function reportName({
  way,
  shot,
  part,
  ...data
}: Data & { readonly way: number; readonly shot: number; readonly part: PartName }): string {
  const name = dataName(data).replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  return `${way}-way-${shot}-shot-${part}-${[...name].slice(0, LONGEST_NAME).join('')}`;
}

/** What figures are of: the command that makes them; those that a run has of itself, of the run. */
export interface Origin {
  readonly command: string;
  readonly run?: string | undefined;
}

/** `base`, with a number from 2 behind it where `base.json` in `out` is of another origin. */
export async function freeName(out: string, base: string, origin: Origin): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const path = joinPath(out, `${name}.json`);
    if (!(await exists(path)) || (await isOf(path, origin))) return name;
  }
}

async function isOf(path: string, { command, run }: Origin): Promise<boolean> {
  try {
    const met = JSON.parse(await readText(path, MOST_BYTES)) as Partial<Origin> | null;
    return run === undefined ? met?.run === undefined && met?.command === command : met?.run === run;
  } catch {
    // Somebody else's file, which stays.
    return false;
  }
}
