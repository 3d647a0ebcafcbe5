// Few-shot data sets in numpy's archives, one a part or one for all: images and their classes' numbers, by the names that
// such arrays usually have.

import { NeusimError } from '@neusim/registry';
import { openZip, type Zip } from '../archive/zip';
import type { NamedPool } from '../episodes/pool';
import { openNpy } from '../npy/array';
import { imageArray, readLabels } from '../npy/images';
import { type ArrayImages, type ArrayOptions, arrayImages, type PlacedArray } from './array-images';
import { classesOfNumbers } from './classes';
import {
  findFile,
  type Layout,
  namesOfPart,
  PART_NAMES,
  type Part,
  type Reading,
  requireFile,
} from './layout';

/** Names of the arrays of images and labels; each also with the part before it: `train_images`. */
const PAIRS = [
  ['features', 'targets'],
  ['images', 'labels'],
  ['image_data', 'labels'],
  ['data', 'labels'],
  ['x', 'y'],
] as const;

/** @param patterns of the files' names; one without `{part}` holds all parts. */
export function npzFiles(patterns: readonly string[], tells: Layout['tells']): Layout {
  return {
    holds: namesOfPart(patterns, 'train')[0]!,
    tells,
    isIn: async (platform, folder) =>
      (await findFile(platform, folder, namesOfPart(patterns, 'train'))) !== undefined,
    open: async (reading) => ({
      pool: async (part, { memory }) => {
        const path = await requireFile(reading, part, namesOfPart(patterns, part));
        return poolIn(reading, path, part, memory);
      },
    }),
  };
}

async function poolIn(reading: Reading, path: string, part: Part, memory: number): Promise<NamedPool> {
  const { name, image, options } = reading;
  const zip = await openNpz(reading, path);
  try {
    const pairs = PAIRS.flatMap(([images, labels]) => [
      ...PART_NAMES[part].map((prefix) => [`${prefix}_${images}`, `${prefix}_${labels}`] as const),
      [images, labels] as const,
    ]);
    const pair = pairs.find((names) => names.every((array) => find(zip, array)));
    if (!pair) throw noArrays(zip, pairs);
    const array = await arrayIn(zip, pair[0]);
    const { labels: numbers } = await readLabels(await arrayIn(zip, pair[1]), countOf(array));
    const { classes, labels } = classesOfNumbers(numbers, (number) => `${part}/${number}`);
    const found = await arrayImages(array, { ...options, dataset: name, image, memory });
    return await held({ name, ...found, classes, labels }, zip);
  } catch (error) {
    await zip.close();
    throw error;
  }
}

const countOf = (array: PlacedArray) => {
  const { count } = imageArray(array, undefined);
  return { count, keep: count };
};

/** Lets go of the file where nothing is read of it any more. */
async function held(pool: NamedPool, zip: Zip): Promise<NamedPool> {
  if (!(pool.images instanceof Uint8Array)) return { ...pool, close: () => zip.close() };
  await zip.close();
  return pool;
}

/**
 * Images alone, whose labels lie elsewhere.
 * @throws NeusimError `DATASET_NOT_FOUND`, and what `arrayImages` throws
 */
export async function imagesInNpz(
  reading: Reading,
  path: string,
  options: ArrayOptions,
): Promise<ArrayImages> {
  const zip = await openNpz(reading, path);
  try {
    const name = ['images', 'data', 'features'].find((array) => find(zip, array));
    if (name === undefined) throw noArrays(zip, [['images']]);
    const found = await arrayImages(await arrayIn(zip, name), options);
    if (found.images instanceof Uint8Array) {
      await zip.close();
      return found;
    }
    return { ...found, close: () => zip.close() };
  } catch (error) {
    await zip.close();
    throw error;
  }
}

const openNpz = ({ platform, options: { signal, onProgress } }: Reading, path: string) =>
  openZip(platform, path, { signal, onProgress: onProgress && ((progress) => onProgress(progress)) });

const find = (zip: Zip, name: string) => zip.entries.find((entry) => entry.name === `${name}.npy`);

/** An array that is not packed can be read at any place. */
async function arrayIn(zip: Zip, name: string): Promise<PlacedArray> {
  const entry = find(zip, name)!;
  const array = await openNpy({ path: `${zip.path}/${entry.name}`, size: entry.size, open: entry.open });
  const at = await entry.stored?.();
  return { ...array, place: at === undefined ? undefined : { file: zip.file, offset: at + array.bytes } };
}

function noArrays(zip: Zip, wanted: readonly (readonly string[])[]) {
  const met = zip.entries.map(({ name }) => name.replace(/\.npy$/, ''));
  const usual = wanted.map((pair) => pair.join(' and '));
  return new NeusimError(
    'DATASET_NOT_FOUND',
    `${zip.path} holds no ${usual.slice(0, 4).join(', or ')}; there is: ${met.slice(0, 10).join(', ')}`,
    {
      data: { file: zip.path, wanted: usual, found: met },
      hint: 'name the arrays so, or read the file by the data set "npz"',
    },
  );
}
