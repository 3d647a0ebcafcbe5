// Few-shot data sets in pickles, one a part: `{'image_data': array, 'class_dict': {name: [indices]}}` (Ren et al., 2018), and
// `{'data': array, 'labels': [numbers]}` with or without `'catname2label': {name: number}` (Gidaris and Komodakis, 2018).

import type { NamedPool } from '../episodes/pool';
import { badFile } from '../errors';
import { dictOf, fieldOf, integersOf, itemsOf, nameOf, npyOf, type PickledNpy } from '../pickle/contents';
import { openPickle, type Pickle } from '../pickle/open-pickle';
import type { ImageShape } from '../types';
import { type ArrayImages, type ArrayOptions, arrayImages, separateImages } from './array-images';
import { type Classes, classesOfLists, classesOfNumbers, requireCount } from './classes';
import { findFile, type Layout, namesOfPart, type Part, type Reading, requireFile } from './layout';

/** Names of classes that are numbers in the pickles: by those that a part has. */
export type NamesOfNumbers = (
  numbers: readonly number[],
  part: Part,
) => { readonly classes: readonly string[]; readonly groups?: readonly string[] } | undefined;

/**
 * @param patterns of the files' names, with `{part}`; a file of the first that is there is read.
 * @param train further names of the training classes' file. @param known names of classes that are published as numbers.
 */
export function pickles(
  patterns: readonly string[],
  { train = [], known }: { readonly train?: readonly string[]; readonly known?: NamesOfNumbers } = {},
): Layout {
  const names = (part: Part) => [...namesOfPart(patterns, part), ...(part === 'train' ? train : [])];
  return {
    holds: names('train')[0]!,
    tells: 'set',
    isIn: async (platform, folder) => (await findFile(platform, folder, names('train'))) !== undefined,
    open: async (reading) => ({
      pool: async (part, { memory }) => {
        const path = await requireFile(reading, part, names(part));
        const pickle = await openPickle(reading.platform, path, reading.options);
        try {
          return await poolOf(pickle, reading, part, memory, known);
        } catch (error) {
          await pickle.close();
          throw error;
        }
      },
    }),
  };
}

const IMAGES = ['image_data', 'data', 'images'];

async function poolOf(
  pickle: Pickle,
  reading: Reading,
  part: Part,
  memory: number,
  known: NamesOfNumbers | undefined,
): Promise<NamedPool> {
  const { name, image, options } = reading;
  const arrayOptions = { ...options, dataset: name, image, memory };
  const found = await imagesOf(pickle, fieldOf(pickle, IMAGES), arrayOptions);
  const { count, images } = found;
  const classes = dictOf(pickle).has('class_dict')
    ? await byClass(pickle, count)
    : await byNumber(pickle, count, part, known);
  const isHeld = images instanceof Uint8Array;
  if (isHeld) await pickle.close();
  return { name, ...found, ...classes, ...(!isHeld && { close: () => pickle.close() }) };
}

/** One array, or a list of one for each image. */
async function imagesOf(pickle: Pickle, value: unknown, options: ArrayOptions): Promise<ArrayImages> {
  const items = itemsOf(value);
  if (!items) {
    const array = npyOf(pickle, value, 'images');
    const { at } = array.data;
    const where = typeof at === 'number' ? { place: { file: pickle.file, offset: at } } : { held: at };
    return arrayImages({ ...array, ...where }, options);
  }
  const arrays = items.map((item, index) => npyOf(pickle, item, `image ${index}`));
  const shape = plainShape(pickle, arrays);
  const read = (index: number) => pickle.read(arrays[index]!.data);
  return separateImages(pickle.path, { count: arrays.length, shape, read }, options);
}

/** The shape of all. @throws NeusimError `DATASET_BAD_SHAPE` where it is no image's, or not that of all, or not of bytes */
function plainShape(pickle: Pickle, arrays: readonly PickledNpy[]): ImageShape {
  const shape = arrays[0]?.shape ?? [];
  const isImage = (array: PickledNpy) =>
    array.shape.length === 3 &&
    !array.shape.includes(0) &&
    String(array.shape) === String(shape) &&
    !array.fortran &&
    array.dtype.name.endsWith('u1');
  const other = arrays.length === 0 ? 0 : arrays.findIndex((array) => !isImage(array));
  if (other < 0) return shape as unknown as ImageShape;
  const { shape: met = [], dtype } = arrays[other] ?? {};
  const told = `image ${other} is [${met}] of ${dtype?.name ?? 'nothing'}`;
  const message = `${told}; wanted are bytes [height, width, channels] of one size`;
  throw badFile('DATASET_BAD_SHAPE', pickle.path, 0, message, { shape: met, image: other });
}

async function byClass(pickle: Pickle, count: number): Promise<Classes> {
  const dict = fieldOf(pickle, ['class_dict']);
  const lists = new Map<string, Float64Array>();
  for (const [key, indices] of dictOf({ ...pickle, value: dict })) {
    const name = nameOf(pickle, key, 'class_dict');
    lists.set(name, await integersOf(pickle, indices, `the images of class "${name}"`));
  }
  return classesOfLists(pickle.path, lists, count);
}

async function byNumber(
  pickle: Pickle,
  count: number,
  part: Part,
  known: NamesOfNumbers | undefined,
): Promise<Classes> {
  const numbers = await integersOf(pickle, fieldOf(pickle, ['labels', 'label', 'targets']), 'labels');
  requireCount(pickle.path, numbers.length, count);
  const names = await namesOfNumbers(pickle);
  const found = classesOfNumbers(numbers, (number) => names.get(number) ?? `${part}/${number}`);
  return { labels: found.labels, classes: found.classes, ...known?.(found.numbers, part) };
}

/** Of `catname2label`, where it is there. */
async function namesOfNumbers(pickle: Pickle): Promise<ReadonlyMap<number, string>> {
  const dict = dictOf(pickle).get('catname2label');
  if (!(dict instanceof Map)) return new Map();
  const numbers = await integersOf(pickle, [...dict.values()], 'the numbers of classes');
  const names = [...dict.keys()].map((key) => nameOf(pickle, key, 'catname2label'));
  return new Map(names.map((name, index) => [numbers[index]!, name]));
}
