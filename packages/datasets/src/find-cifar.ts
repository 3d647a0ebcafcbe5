// Where a CIFAR set lies: a folder of its binary files, or the archive in which they are published.

import { NeusimError } from '@neusim/registry';
import { unpackedFiles } from './archive/unpacked-files';
import { MAX_FILE_BYTES } from './cifar';
import { detected, findFolder, lookFor } from './folder';
import type { DatasetFiles, Detected, OpenOptions } from './types';

/** One of the two sets. */
export interface CifarSet {
  readonly name: 'cifar-10' | 'cifar-100';
  /** Folders below the one given that may hold it. */
  readonly below: readonly string[];
  readonly archive: string;
  readonly names: readonly string[];
  /** The file that shows where it lies. */
  readonly marker: string;
  /** What the version for Python is made of. */
  readonly pickles: readonly string[];
}

/** Twice what the larger of the two unpacks to, and its largest file. */
const BOUNDS = { maxBytes: 2 ** 29, maxEntryBytes: MAX_FILE_BYTES };

/**
 * @param folder the folder, or an archive's own path
 * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`, `DATASET_PICKLED`; for an archive what `extractTar` throws
 */
export async function findCifar(
  files: DatasetFiles,
  set: CifarSet,
  folder: string | undefined,
  options?: OpenOptions,
): Promise<{ readonly files: DatasetFiles; readonly at: string }> {
  const { name, below, archive, names, marker } = set;
  const packed = folder === undefined ? undefined : await findArchive(files, set, folder);
  try {
    if (packed === undefined)
      return { files, at: await findFolder(files, name, folder, below, [marker, archive]) };
    const unpacked = await unpackedFiles(files, packed, { names, ...BOUNDS }, options);
    return { files: unpacked, at: await findFolder(unpacked, name, packed, below, [marker]) };
  } catch (error) {
    const pickle = folder === undefined ? undefined : await findPickle(files, set, folder);
    if (!pickle || !(error instanceof NeusimError) || error.code !== 'DATASET_NOT_FOUND') throw error;
    throw new NeusimError('DATASET_PICKLED', `${pickle} is the version for Python, made of pickles`, {
      data: { dataset: name, file: pickle },
      hint: `a pickle may run any code and is not read: take the binary version, ${archive}`,
      cause: error,
    });
  }
}

/** See `DatasetSource.detect`. */
export async function detectCifar(
  files: DatasetFiles,
  { below, archive, marker, names }: CifarSet,
  folder: string,
): Promise<Detected | undefined> {
  if (folder.endsWith(archive)) return detected(folder);
  const found = await lookFor(files, folder, below, [marker, archive]);
  // Of CIFAR-100 the marker alone is a name that others use as well.
  const isWhole = found !== undefined && (await lookFor(files, found, [], [archive, ...names.slice(-1)]));
  return isWhole ? detected(found) : undefined;
}

async function findArchive(files: DatasetFiles, set: CifarSet, folder: string): Promise<string | undefined> {
  if (/\.(tar|tar\.gz|tgz)$/.test(folder)) return folder;
  for (const at of [folder, ...set.below.map((name) => files.joinPath(folder, name))])
    if (await files.exists(files.joinPath(at, set.marker))) return undefined;
  const path = files.joinPath(folder, set.archive);
  return (await files.exists(path)) ? path : undefined;
}

async function findPickle(files: DatasetFiles, { pickles }: CifarSet, folder: string) {
  if (pickles.some((name) => name.startsWith('cifar') && folder.endsWith(name))) return folder;
  for (const name of pickles) {
    const path = files.joinPath(folder, name);
    if (await files.exists(path)) return path;
  }
  return undefined;
}
