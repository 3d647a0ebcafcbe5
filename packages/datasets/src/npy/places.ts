// Where the arrays of a data set lie: entries of one .npz, of several, or .npy files of a folder.

import type { Bytes } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { piecesOf } from '../archive/pieces';
import { openZip, type Zip } from '../archive/zip';
import type { DatasetPlatform, OpenOptions } from '../types';
import type { NpyPlace } from './array';

/** Finds arrays by name, and keeps open what they lie in until it is closed. */
export interface NpyPlaces {
  /** What was looked in: for messages. */
  readonly folder: string;
  /**
   * @param name of an array; `FILE:NAME` for one of another .npz of the folder
   * @returns undefined where there is none of this name
   */
  find(name: string): Promise<NpyPlace | undefined>;
  close(): Promise<void>;
}

/**
 * @param given a .npz, or a folder of one, of .npy files, or of both
 * @param file the .npz in the folder; needed where there are several and their names are left out
 * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`
 */
export async function openPlaces(
  platform: DatasetPlatform,
  given: string | undefined,
  file: string | undefined,
  options: OpenOptions,
): Promise<NpyPlaces> {
  if (given === undefined) {
    throw new NeusimError('DATASET_NO_FOLDER', 'no folder is given for the data set "npz"', {
      data: { dataset: 'npz' },
      hint: 'give the .npz file, or the folder that holds it',
    });
  }
  const isFile = given.endsWith('.npz');
  const main = isFile
    ? given
    : file === undefined
      ? await onlyNpz(platform, given)
      : platform.joinPath(given, file);
  const zips = new Map<string, Zip>();
  const closes: (() => Promise<void>)[] = [];
  const { signal, onProgress } = options;
  const zipAt = async (path: string) => {
    const opened =
      zips.get(path) ??
      (await openZip(platform, path, { signal, onProgress: onProgress && ((p) => onProgress(p)) }));
    if (!zips.has(path)) closes.push(opened.close);
    zips.set(path, opened);
    return opened;
  };
  const inZip = async (path: string, name: string): Promise<NpyPlace | undefined> => {
    const entry = (await zipAt(path)).entries.find(
      (each) => each.name === `${name}.npy` || each.name === name,
    );
    return entry && { path: `${path}/${entry.name}`, size: entry.size, open: entry.open };
  };
  const inFolder = async (name: string): Promise<NpyPlace | undefined> => {
    const path = platform.joinPath(given, name.endsWith('.npy') ? name : `${name}.npy`);
    if (isFile || !(await platform.exists(path))) return undefined;
    const opened = await platform.openFile(path);
    closes.push(() => opened.close());
    const open = (): AsyncGenerator<Bytes> => piecesOf(opened, { to: opened.size, signal });
    return { path, size: opened.size, open };
  };
  return {
    folder: main ?? given,
    async find(name) {
      const [first = '', second] = name.split(':');
      if (second !== undefined) return inZip(platform.joinPath(given, first), second);
      return (main === undefined ? undefined : await inZip(main, name)) ?? inFolder(name);
    },
    close: async () => void (await Promise.all(closes.map((close) => close()))),
  };
}

/** The one .npz of a folder; undefined where there is none, or more than one. */
async function onlyNpz(platform: DatasetPlatform, folder: string): Promise<string | undefined> {
  const found = (await platform.listEntries(folder)).filter(
    ({ name, isFolder }) => !isFolder && name.endsWith('.npz'),
  );
  return found.length === 1 ? platform.joinPath(folder, found[0]!.name) : undefined;
}
