// What CIFAR-10 and CIFAR-100 share: files of records, each some label bytes and 3,072 bytes of a 32×32 image as
// three planes (red, green, blue). Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009;
// https://www.cs.toronto.edu/~kriz/cifar.html (binary version).

import { badFile, badLabel } from './errors';
import type { DatasetFiles, ImageShape, MemorySplit } from './types';

const PLANE = 32 * 32;
/** Of one file: more than the largest published one has; an entry of an archive is held to it too. */
export const MAX_FILE_BYTES = 2 ** 28;
const shape: ImageShape = [32, 32, 3];

/** How the records of a file are laid out, and how many there should be. */
export interface CifarLayout {
  /** Label bytes before the pixels. */
  readonly labelBytes: number;
  /** Which of them is the label. */
  readonly labelAt: number;
  readonly classes: number;
  /** Records in every published file, or undefined for any number. */
  readonly records: number | undefined;
}

function countRecords(file: string, bytes: Uint8Array, layout: CifarLayout): number {
  const size = layout.labelBytes + 3 * PLANE;
  const records = Math.floor(bytes.length / size);
  if (records * size !== bytes.length || records === 0) {
    throw badFile(
      'DATASET_SHORT_FILE',
      file,
      bytes.length,
      `the file ends inside record ${records}; records have ${size} bytes`,
      { bytes: bytes.length, recordBytes: size, record: records },
    );
  }
  if (layout.records !== undefined && records !== layout.records) {
    throw badFile(
      'DATASET_BAD_COUNT',
      file,
      bytes.length,
      `${records} records; the published file has ${layout.records}`,
      { records, published: layout.records },
      'fetch the file again, or set the option "subset" if it was cut on purpose',
    );
  }
  return records;
}

/** The first `count` records of a file: planes become NHWC. */
function decode(file: string, bytes: Uint8Array, layout: CifarLayout, count: number): MemorySplit {
  const { labelBytes, labelAt, classes } = layout;
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Int32Array(count);
  let out = 0;
  for (let record = 0; record < count; record++) {
    const start = record * (labelBytes + 3 * PLANE);
    const label = bytes[start + labelAt]!;
    if (label >= classes) throw badLabel(file, start + labelAt, label, classes);
    labels[record] = label;
    const red = start + labelBytes;
    for (let pixel = red; pixel < red + PLANE; pixel++) {
      images[out++] = bytes[pixel]!;
      images[out++] = bytes[pixel + PLANE]!;
      images[out++] = bytes[pixel + 2 * PLANE]!;
    }
  }
  return { count, shape, images, labels };
}

/**
 * Reads files one after the other into one split, up to `limit` images. Every file that is reached is checked
 * for its whole length.
 * @throws NeusimError `DATASET_SHORT_FILE`, `DATASET_BAD_COUNT`, `DATASET_BAD_LABEL`
 */
export async function readCifar(
  files: DatasetFiles,
  paths: readonly string[],
  layout: CifarLayout,
  limit = Number.POSITIVE_INFINITY,
): Promise<MemorySplit> {
  const parts: MemorySplit[] = [];
  let left = limit;
  for (const path of paths) {
    if (left === 0) break;
    const bytes = await files.readFile(path, MAX_FILE_BYTES);
    const count = Math.min(left, countRecords(path, bytes, layout));
    parts.push(decode(path, bytes, layout, count));
    left -= count;
  }
  return parts.length === 1 ? parts[0]! : joinSplits(parts);
}

function joinSplits(parts: readonly MemorySplit[]): MemorySplit {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = new Int32Array(count);
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at * 3 * PLANE);
    labels.set(part.labels, at);
    at += part.count;
  }
  return { count, shape, images, labels };
}

/**
 * Class names, one a line.
 * @throws NeusimError `DATASET_BAD_NAMES`
 */
export async function readNames(files: DatasetFiles, path: string, wanted: number): Promise<string[]> {
  const text = await files.readText(path);
  const names = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (names.length !== wanted) {
    throw badFile('DATASET_BAD_NAMES', path, text.length, `${names.length} class names, ${wanted} wanted`, {
      names: names.length,
      wanted,
    });
  }
  return names.map((name) => name.trim());
}
