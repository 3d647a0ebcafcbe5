// tieredImageNet as its authors pack it: a pickle of labels a part, `{'label_specific', 'label_general',
// 'label_specific_str', 'label_general_str'}`, and its images as a pickled list of PNG files, or in a .npz. Ren et al.,
// Meta-Learning for Semi-Supervised Few-Shot Classification, 2018; https://github.com/renmengye/few-shot-ssl-public

import type { NamedPool } from '../episodes/pool';
import { badFile } from '../errors';
import { dictOf, fieldOf, integersOf, itemsOf, namesOf, npyOf } from '../pickle/contents';
import { openPickle, type Pickle } from '../pickle/open-pickle';
import { PickledArray, PickledBytes } from '../pickle/values';
import type { EncodedImage } from '../store/encoded';
import { lateEncodedPool } from '../store/late-pool';
import { openEncodedPool } from '../store/open-pool';
import { type Classes, classesOfNames, classesOfNumbers, requireCount } from './classes';
import {
  findFile,
  type Layout,
  namesOfPart,
  type Part,
  type PartOptions,
  type Reading,
  requireFile,
} from './layout';
import { imagesInNpz } from './npz';

const LABELS = ['{part}_labels.pkl'];
const PNG = ['{part}_images_png.pkl'];
const NPZ = ['{part}_images.npz'];

type OfPart = (reading: Reading, path: string, part: Part, how: PartOptions) => Promise<NamedPool>;

const tieredFiles = (patterns: readonly string[], read: OfPart): Layout => ({
  holds: namesOfPart([...patterns, ...LABELS], 'train').join(' and '),
  tells: 'set',
  isIn: async (platform, folder) =>
    (await findFile(platform, folder, namesOfPart(patterns, 'train'))) !== undefined &&
    (await findFile(platform, folder, namesOfPart(LABELS, 'train'))) !== undefined,
  open: async (reading) => ({
    pool: async (part, how) =>
      read(reading, await requireFile(reading, part, namesOfPart(patterns, part)), part, how),
  }),
});

/** Images as PNG files in a pickle, whose bytes are read where they lie. */
export const tieredPng: Layout = tieredFiles(PNG, async (reading, path, part, { memory, late }) => {
  const { name, version, platform, image, options } = reading;
  const { size, modified } = await platform.stat(path);
  const pickle = await openPickle(platform, path, options);
  try {
    const items = itemsOf(pickle.value);
    if (!items) throw badFile('DATASET_BAD_SHAPE', path, 0, 'no list of PNG files is pickled here', {});
    const { labels, ...classes } = await readLabels(reading, part, items.length);
    const images = items.map((item, index) =>
      pngIn(pickle, item, index, labels[index]!, `${size} ${modified}`),
    );
    const open = { ...options, memory };
    if (late) {
      const listed = { name, version, ...classes, listed: images, images: async () => images };
      const pool = await lateEncodedPool(platform, listed, image, open, late);
      const close = async () => {
        await pool.close?.();
        await pickle.close();
      };
      return { ...pool, close };
    }
    const pool = await openEncodedPool(platform, { name, version, ...classes, images }, image, open);
    // The images are decoded, and read from the cache.
    await pickle.close();
    return pool;
  } catch (error) {
    await pickle.close();
    throw error;
  }
});

/** Images as bytes, in the order of OpenCV's channels. */
export const tieredNpz = (bgr: boolean): Layout =>
  tieredFiles(NPZ, async (reading, path, part, { memory }) => {
    const { name, image, options } = reading;
    const found = await imagesInNpz(reading, path, { ...options, dataset: name, image, memory, bgr });
    try {
      return { name, ...found, ...(await readLabels(reading, part, found.count)) };
    } catch (error) {
      await found.close?.();
      throw error;
    }
  });

function pngIn(pickle: Pickle, item: unknown, index: number, label: number, version: string): EncodedImage {
  const bytes = item instanceof PickledArray ? npyOf(pickle, item, `image ${index}`) : undefined;
  const data = bytes?.dtype.bytes === 1 ? bytes.data : item;
  if (!(data instanceof PickledBytes))
    throw badFile('DATASET_BAD_SHAPE', pickle.path, 0, `image ${index} is no PNG file in bytes`, { index });
  return {
    label,
    name: `${pickle.path}[${index}]`,
    version: `${version} ${index}`,
    read: () => pickle.read(data),
  };
}

/** Classes are `GROUP/NAME`; those of a copy that tells numbers alone are `PART/NUMBER`. */
async function readLabels(reading: Reading, part: Part, count: number): Promise<Classes> {
  const path = await requireFile(reading, part, namesOfPart(LABELS, part));
  const pickle = await openPickle(reading.platform, path, reading.options);
  try {
    const integers = (keys: readonly string[]) => integersOf(pickle, fieldOf(pickle, keys), keys[0]!);
    const numbers = await integers(['label_specific', 'labels']);
    requireCount(path, numbers.length, count);
    if (!dictOf(pickle).has('label_specific_str'))
      return classesOfNumbers(numbers, (number) => `${part}/${number}`);
    const names = (key: string) => namesOf(pickle, fieldOf(pickle, [key]), key);
    return classesOfNames(
      path,
      { classes: numbers, groups: await integers(['label_general']) },
      { classes: await names('label_specific_str'), groups: await names('label_general_str') },
    );
  } finally {
    await pickle.close();
  }
}
