// CIFAR-100 for few-shot learning, from its own files: all 600 images of each class, those of train.bin first. Krizhevsky,
// Learning Multiple Layers of Features from Tiny Images, 2009.

import { readCifar, readNames } from '../cifar';
import { cifar100Set } from '../cifar-100';
import { badFile } from '../errors';
import { detectCifar, findCifar } from '../find-cifar';
import { selectImages } from '../split';
import type { DatasetFiles, MemorySplit, OpenOptions } from '../types';
import { toSize } from './array-images';
import { FINE_CLASSES, superclassOf } from './cifar-classes';
import type { DivisionOfClasses, Layout } from './layout';
import type { NamesOfNumbers } from './pickles';

/** The published archive, or another of it. */
const ARCHIVE = /cifar-?100[^\\/]*\.(tar|tar\.gz|tgz)$/;

/** @param subset accepts files of fewer images than the published ones have. */
export function cifarBinaries(division: DivisionOfClasses, subset: boolean): Layout {
  return {
    holds: 'train.bin and test.bin of CIFAR-100, or cifar-100-binary.tar.gz',
    tells: 'maybe',
    isIn: async (platform, folder) =>
      (await detectCifar(platform, cifar100Set, folder)) !== undefined ||
      (ARCHIVE.test(folder) && (await platform.exists(folder))),
    open: async ({ name, platform, folder, image, options }) => {
      const splits = await readAll(platform, folder, subset, options);
      return {
        pool: async (part, { memory }) => {
          const pool = poolOf(splits, [...division[part]].sort());
          const sized = await toSize(folder, pool, { ...options, image, memory }, false);
          return { name, ...pool, ...sized };
        },
      };
    },
  };
}

async function readAll(
  platform: DatasetFiles,
  folder: string,
  subset: boolean,
  options: OpenOptions,
): Promise<readonly MemorySplit[]> {
  const { files, at } = await findCifar(platform, cifar100Set, folder, options);
  const path = (name: string) => files.joinPath(at, name);
  const names = await readNames(files, path('fine_label_names.txt'), FINE_CLASSES.length);
  const other = names.findIndex((name, index) => name !== FINE_CLASSES[index]);
  if (other >= 0) {
    const message = `class ${other} is "${names[other]}"; in CIFAR-100 it is "${FINE_CLASSES[other]}"`;
    throw badFile('DATASET_BAD_NAMES', path('fine_label_names.txt'), 0, message, {
      class: other,
      name: names[other],
    });
  }
  const read = (file: string, records: number) =>
    readCifar(files, [path(file)], {
      labelBytes: 2,
      labelAt: 1,
      classes: FINE_CLASSES.length,
      records: subset ? undefined : records,
    });
  return [await read('train.bin', 50_000), await read('test.bin', 10_000)];
}

/** The images of some classes, in memory. */
function poolOf(splits: readonly MemorySplit[], classes: readonly string[]) {
  const newLabels = new Int32Array(FINE_CLASSES.length).fill(-1);
  for (const [label, name] of classes.entries()) newLabels[FINE_CLASSES.indexOf(name)] = label;
  const parts = splits.map((split) => {
    const own = Uint32Array.from(split.labels.keys()).filter(
      (index) => newLabels[split.labels[index]!]! >= 0,
    );
    return selectImages(split, own);
  });
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const images = new Uint8Array(parts.reduce((sum, part) => sum + part.images.length, 0));
  const labels = new Int32Array(count);
  let [at, byte] = [0, 0];
  for (const part of parts) {
    images.set(part.images, byte);
    labels.set(
      part.labels.map((label) => newLabels[label]!),
      at,
    );
    at += part.count;
    byte += part.images.length;
  }
  return {
    count,
    shape: splits[0]!.shape,
    images,
    labels,
    classes,
    groups: classes.map((name) => superclassOf(name)!),
  };
}

/** Numbers that are those of CIFAR-100's classes, where they are exactly the ones that a part has. */
export function cifarNumbers(division: DivisionOfClasses): NamesOfNumbers {
  return (numbers, part) => {
    const names = numbers.map((number) => FINE_CLASSES[number]);
    const published = [...division[part]].sort();
    if (names.length !== published.length || names.some((name, index) => name !== published[index]))
      return undefined;
    return { classes: published, groups: published.map((name) => superclassOf(name)!) };
  };
}
