// Finds the folder that holds a data set: the one given, or a usual name below it.

import { NeusimError } from '@neusim/registry';
import type { DatasetFiles, DatasetPlatform } from './types';

/**
 * The folder itself, where it is given and is one.
 * @param holds what is in the right one, for the message.
 * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`
 */
export async function requireFolder(
  platform: DatasetPlatform,
  dataset: string,
  folder: string | undefined,
  holds: string,
): Promise<string> {
  if (folder === undefined) throw noFolder(dataset, holds);
  if ((await platform.exists(folder)) && (await platform.stat(folder)).isFolder) return folder;
  throw new NeusimError('DATASET_NOT_FOUND', `there is no folder ${folder}`, {
    data: { dataset, looked: [folder] },
    hint: `the right folder holds ${holds}`,
  });
}

function noFolder(dataset: string, holds: string) {
  return new NeusimError('DATASET_NO_FOLDER', `no folder is given for the data set "${dataset}"`, {
    data: { dataset },
    hint: `give the folder that holds ${holds}`,
  });
}

/**
 * The first of `folder` and its `below` that holds one of `markers`.
 * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`
 */
export async function findFolder(
  files: DatasetFiles,
  dataset: string,
  folder: string | undefined,
  below: readonly string[],
  markers: readonly string[],
): Promise<string> {
  const found = folder === undefined ? undefined : await lookFor(files, folder, below, markers);
  if (found !== undefined) return found;
  throw notFound(files, dataset, folder, below, markers);
}

/** `DATASET_NO_FOLDER` where none is given, else `DATASET_NOT_FOUND`. @param markers what is in the right one. */
export function notFound(
  files: Pick<DatasetFiles, 'joinPath'>,
  dataset: string,
  folder: string | undefined,
  below: readonly string[],
  markers: readonly string[],
): NeusimError {
  if (folder === undefined) {
    const inside = below.map((name) => `${name}/`).join(' or ');
    return noFolder(dataset, `${markers[0]}, or one with ${inside} in it`);
  }
  const looked = foldersOf(files, folder, below);
  return new NeusimError('DATASET_NOT_FOUND', `no "${dataset}" in ${looked.join(', ')}`, {
    data: { dataset, looked, markers },
    hint: `the right folder holds ${markers.join(' or ')}`,
  });
}

/** The first of `folder` and its `below` that holds one of `markers`; undefined where none does. */
export async function lookFor(
  files: Pick<DatasetFiles, 'exists' | 'joinPath'>,
  folder: string,
  below: readonly string[],
  markers: readonly string[],
): Promise<string | undefined> {
  for (const candidate of foldersOf(files, folder, below)) {
    for (const marker of markers) {
      if (await files.exists(files.joinPath(candidate, marker))) return candidate;
    }
  }
  return undefined;
}

const foldersOf = (files: Pick<DatasetFiles, 'joinPath'>, folder: string, below: readonly string[]) => [
  folder,
  ...below.map((name) => files.joinPath(folder, name)),
];

/** What `detect` of a data set's product gives. */
export const detected = (folder: string | undefined, isGuess = false) =>
  folder === undefined ? undefined : { folder, isGuess };
