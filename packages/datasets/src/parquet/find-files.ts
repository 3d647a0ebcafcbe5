// Which Parquet files are a data set's training and test images: `train-00000-of-00005.parquet` beside
// `test-00000-of-00001.parquet`, in the folder, in `data/` or in another folder of it, as Hugging Face lays them out.

import { NeusimError } from '@neusim/registry';
import type { DatasetPlatform } from '../types';

/** The first that is there is tested on. */
const TEST_NAMES = ['test', 'validation', 'valid', 'val', 'dev'];
const NAME = /^([a-z]+)(?:[-_.](\d+)-of-(\d+)(?:[-_.][0-9a-f]+)?)?\.parquet$/;
const NUMBERED = /^\d+\.parquet$/;

export interface SplitFiles {
  readonly train: readonly string[];
  /** None: a part of the training images is held out. */
  readonly test: readonly string[];
}

/** @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND` */
export async function findParquetFiles(
  platform: DatasetPlatform,
  given: string | undefined,
): Promise<SplitFiles> {
  if (given === undefined) {
    throw new NeusimError('DATASET_NO_FOLDER', 'no folder is given for the data set "parquet"', {
      data: { dataset: 'parquet' },
      hint: 'give the folder that holds train-*.parquet, or a .parquet file',
    });
  }
  if (given.endsWith('.parquet')) return { train: [given], test: [] };
  const folders = (await platform.listEntries(given)).filter(({ isFolder }) => isFolder);
  const below = folders.map(({ name }) => platform.joinPath(given, name));
  const found: (SplitFiles & { folder: string })[] = [];
  for (const folder of [given, ...below]) {
    const splits = await splitsOf(platform, folder);
    const { train = [] } = splits;
    const test = TEST_NAMES.map((name) => splits[name] ?? []).find((files) => files.length > 0) ?? [];
    if (train.length > 0) found.push({ folder, train, test });
    if (folder === given && train.length > 0) break;
  }
  if (found.length === 1) return found[0]!;
  const several = found.map(({ folder }) => folder);
  const message =
    several.length > 0 ? `several sets in ${given}: ${several.join(', ')}` : `no train-*.parquet in ${given}`;
  throw new NeusimError('DATASET_NOT_FOUND', message, {
    data: { dataset: 'parquet', looked: [given, ...below].slice(0, 100), found: several },
    hint:
      several.length > 0
        ? 'give one of these folders'
        : 'the right folder holds train-00000-of-00001.parquet',
  });
}

/** Files of each split in a folder: by their names, or in a folder of the split's name. */
async function splitsOf(platform: DatasetPlatform, folder: string): Promise<Record<string, string[]>> {
  const splits: Record<string, string[]> = {};
  const parts: Record<string, number> = {};
  for (const { name, isFolder } of await platform.listEntries(folder)) {
    const path = platform.joinPath(folder, name);
    const [, split, , of] = NAME.exec(name) ?? [];
    if (isFolder && ['train', ...TEST_NAMES].includes(name)) {
      const numbered = (await platform.listEntries(path)).filter((entry) => NUMBERED.test(entry.name));
      splits[name] = [
        ...(splits[name] ?? []),
        ...numbered.map((entry) => platform.joinPath(path, entry.name)),
      ];
    } else if (!isFolder && split !== undefined && ['train', ...TEST_NAMES].includes(split)) {
      splits[split] = [...(splits[split] ?? []), path];
      if (of !== undefined) parts[split] = Number(of);
    }
  }
  for (const [split, wanted] of Object.entries(parts)) {
    const found = splits[split]!.length;
    if (found === wanted) continue;
    throw new NeusimError(
      'DATASET_NOT_FOUND',
      `${folder} holds ${found} files of "${split}"; there are ${wanted}`,
      {
        data: { dataset: 'parquet', folder, split, found, wanted },
        hint: 'fetch those that are missing, and take away what is not of this set',
      },
    );
  }
  return splits;
}
