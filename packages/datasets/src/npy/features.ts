// Features that were extracted beforehand: an array [n, d] of numbers and one [n] of labels, in a .npz or in .npy files.

import { NeusimError } from '@neusim/registry';
import { notFeatures } from '../episodes/errors';
import { isFeaturePool } from '../episodes/read-pool';
import type { ClassPool, FeaturePool } from '../episodes/types';
import { badFile, badLabel } from '../errors';
import { tooLarge } from '../store/errors';
import { DEFAULT_MEMORY } from '../store/open-encoded';
import type { DatasetPlatform, OpenOptions } from '../types';
import { type NpyArray, openNpy } from './array';
import { type NpyPlaces, openPlaces } from './places';
import { parseAnyDtype, readTexts } from './text';
import { writeNpy, writeNpz } from './write';

/** Where the arrays are. */
export interface FeatureOptions {
  /** The .npz in the folder; default: the only one. */
  readonly file?: string | undefined;
  /** Names of the arrays; default: the first there is of `features`, `embeddings`, `x` and so on. */
  readonly arrays?:
    | {
        readonly features: string;
        readonly labels: string;
        readonly classes?: string | undefined;
      }
    | undefined;
}

const USUAL = {
  features: ['features', 'embeddings', 'x'],
  labels: ['labels', 'targets', 'y'],
  classes: ['classes', 'class_names'],
} as const;

/** A zip without its later extensions, and a typed array of bytes, end at 4 GiB. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;

/**
 * A pool of features. Labels are whole numbers or text; names of classes are those of the array `classes`, whose rows the
 * labels number, else the labels met, sorted.
 * @param path a .npz, or a folder of one or of .npy files
 * @throws NeusimError `DATASET_NOT_FOUND`, `DATASET_BAD_SHAPE`, `DATASET_BAD_COUNT`, `DATASET_BAD_LABEL`,
 *   `DATASET_BAD_VALUE` for a value that is not finite, `DATASET_TOO_LARGE`, and what a .npz that is damaged throws
 */
export async function readFeatures(
  platform: DatasetPlatform,
  path: string,
  { file, arrays }: FeatureOptions = {},
  open: OpenOptions = {},
): Promise<FeaturePool> {
  const places = await openPlaces(platform, path, file, open);
  try {
    const features = await arrayOf(places, 'features', arrays?.features);
    const { count, size } = sizesOf(features);
    const { memory = DEFAULT_MEMORY } = open;
    if (4 * count * size > memory) throw tooLarge(places.folder, 4 * count * size, memory);
    const labels = await arrayOf(places, 'labels', arrays?.labels);
    if (labels.shape[0] !== count || labels.shape.slice(1).some((side) => side !== 1)) {
      const message = `labels of shape [${labels.shape}] for ${count} features; wanted: [${count}]`;
      throw badFile('DATASET_BAD_COUNT', labels.path, 0, message, { shape: labels.shape, count });
    }
    const named = await classesOf(places, arrays);
    const values = await readValues(features, count, size);
    return { count, shape: [1, 1, size], images: values, ...(await readClasses(labels, named)) };
  } finally {
    await places.close();
  }
}

/**
 * The pool with features in place of its images: for a network's embeddings, extracted once.
 * @param values [count, n], in the order of the pool
 * @throws NeusimError `EPISODE_BAD_POOL` for another number of values
 */
export function featurePool(pool: ClassPool, values: Float32Array): FeaturePool {
  const size = values.length / pool.count;
  if (Number.isInteger(size) && size >= 1) return { ...pool, shape: [1, 1, size], images: values };
  throw new NeusimError('EPISODE_BAD_POOL', `${values.length} values for ${pool.count} images`, {
    data: { values: values.length, count: pool.count },
    hint: 'give the same number of values for every image of the pool, in its order',
  });
}

/**
 * Writes a pool of features as `readFeatures` and `numpy.load` read it: `features` f4 [n, d], `labels` i4 [n], `classes`
 * text [classes], not packed.
 * @param path ends in `.npz`; its folder exists
 * @throws NeusimError `EPISODE_NO_FEATURES` for a pool of images, `DATASET_TOO_LARGE` from 4 GiB,
 *   `PLATFORM_WRITE_FAILED`
 */
export async function writeFeatures(
  platform: Pick<DatasetPlatform, 'writeAtomic'>,
  path: string,
  pool: ClassPool,
): Promise<void> {
  if (!isFeaturePool(pool)) throw notFeatures();
  const { images, labels, classes, count } = pool;
  if (images.byteLength > MOST_BYTES) throw tooLarge(path, images.byteLength, MOST_BYTES);
  const npz = await writeNpz({
    features: writeNpy(images, [count, images.length / count]),
    labels: writeNpy(labels, [count]),
    classes: writeNpy(classes, [classes.length]),
  });
  await platform.writeAtomic(path, npz);
}

async function find(places: NpyPlaces, role: keyof typeof USUAL, name: string | undefined) {
  for (const each of name === undefined ? USUAL[role] : [name]) {
    const place = await places.find(each);
    if (place) return openNpy(place, parseAnyDtype);
  }
  return undefined;
}

async function arrayOf(places: NpyPlaces, role: 'features' | 'labels', name: string | undefined) {
  const found = await find(places, role, name);
  if (found) return found;
  const wanted = name ?? USUAL[role].join(', ');
  throw new NeusimError('DATASET_NOT_FOUND', `no array of ${role} (${wanted}) in ${places.folder}`, {
    data: { file: places.folder, entry: name ?? USUAL[role] },
    hint: 'name the arrays by the option "arrays", and the file by "file" where there are several',
  });
}

async function classesOf(places: NpyPlaces, arrays: FeatureOptions['arrays']) {
  if (arrays && arrays.classes === undefined) return undefined;
  const found = await find(places, 'classes', arrays?.classes);
  return found && { path: found.path, names: await readTexts(found) };
}

function sizesOf({ shape, path, dtype }: NpyArray): { readonly count: number; readonly size: number } {
  const [count = 0, size = 0] = shape;
  if (shape.length === 2 && count > 0 && size > 0 && !dtype.text) return { count, size };
  const message = `an array of shape [${shape}] and type ${dtype.name}; features are numbers [n, features]`;
  throw badFile('DATASET_BAD_SHAPE', path, 0, message, { shape, dtype: dtype.name });
}

/** [count, size], whatever the order of the file. */
async function readValues(array: NpyArray, count: number, size: number): Promise<Float32Array> {
  const { dtype, path, bytes, fortran, pieces } = array;
  const values = new Float32Array(count * size);
  let index = 0;
  for await (const piece of pieces()) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < piece.length; at += dtype.bytes, index++) {
      const to = fortran ? (index % count) * size + Math.floor(index / count) : index;
      const value = dtype.read(view, at);
      values[to] = value;
      if (!Number.isFinite(values[to])) {
        const message = `value ${value}; allowed: finite numbers of single precision`;
        throw badFile('DATASET_BAD_VALUE', path, bytes + index * dtype.bytes, message, { value, index });
      }
    }
  }
  return values;
}

/** @param named rows that numbers are labels of. */
async function readClasses(
  array: NpyArray,
  named: { readonly names: readonly string[] } | undefined,
): Promise<Pick<ClassPool, 'labels' | 'classes'>> {
  const { dtype, path, bytes } = array;
  const texts = await readTexts(array);
  const refuse = (index: number, label: number, classes: number) =>
    badLabel(path, bytes + index * dtype.bytes, label, classes);
  if (named && !dtype.text) {
    const labels = Int32Array.from(texts, (text, index) => {
      const label = Number(text);
      if (Number.isInteger(label) && label >= 0 && label < named.names.length) return label;
      throw refuse(index, label, named.names.length);
    });
    return { labels, classes: named.names };
  }
  const met = [...new Set(texts)];
  if (!dtype.text) {
    const wrong = met.find((text) => !Number.isSafeInteger(Number(text)));
    if (wrong !== undefined) throw refuse(texts.indexOf(wrong), Number(wrong), 2 ** 31);
  }
  const classes = dtype.text ? met.sort() : met.sort((a, b) => Number(a) - Number(b));
  const labelOf = new Map(classes.map((name, label) => [name, label]));
  return { classes, labels: Int32Array.from(texts, (text) => labelOf.get(text)!) };
}
