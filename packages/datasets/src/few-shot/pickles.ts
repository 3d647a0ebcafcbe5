// Few-shot data sets in pickles, one a part: `{'image_data': array, 'class_dict': {name: [indices]}}` (Ren et al., 2018), and
// `{'data': array, 'labels': [numbers]}` with or without `'catname2label': {name: number}` (Gidaris and Komodakis, 2018).

import type { NamedPool } from '../episodes/pool';
import { dictOf, fieldOf, integersOf, itemsOf, npyOf, type PickledNpy } from '../pickle/contents';
import { openPickle, type Pickle } from '../pickle/open-pickle';
import type { ImageShape } from '../types';
import { type ArrayImages, arrayImages, otherShape, separateImages } from './array-images';
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
      pool: async (part, memory) => {
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
  const shape: ImageShape = [...image.size, image.channels];
  const arrayOptions = { dataset: name, shape, memory, signal: options.signal };
  const { count, images } = await imagesOf(pickle, fieldOf(pickle, IMAGES), arrayOptions);
  const classes = dictOf(pickle).has('class_dict')
    ? await byClass(pickle, count)
    : await byNumber(pickle, count, part, known);
  const isHeld = images instanceof Uint8Array;
  if (isHeld) await pickle.close();
  return { name, count, shape, images, ...classes, ...(!isHeld && { close: () => pickle.close() }) };
}

/** One array, or a list of one for each image. */
async function imagesOf(
  pickle: Pickle,
  value: unknown,
  options: Parameters<typeof arrayImages>[1],
): Promise<ArrayImages> {
  const items = itemsOf(value);
  if (!items) {
    const array = npyOf(pickle, value, 'images');
    const { at } = array.data;
    const where = typeof at === 'number' ? { place: { file: pickle.file, offset: at } } : { held: at };
    return arrayImages({ ...array, ...where }, options);
  }
  const arrays = items.map((item, index) => plainImage(pickle, item, index, options.shape));
  return separateImages(arrays.length, (index) => pickle.read(arrays[index]!.data), options);
}

function plainImage(pickle: Pickle, item: unknown, index: number, shape: ImageShape): PickledNpy {
  const array = npyOf(pickle, item, `image ${index}`);
  if (String(array.shape) === String(shape) && !array.fortran && array.dtype.name.endsWith('u1'))
    return array;
  throw otherShape(`${pickle.path}, image ${index}`, array.shape, shape);
}

async function byClass(pickle: Pickle, count: number): Promise<Classes> {
  const dict = fieldOf(pickle, ['class_dict']);
  const lists = new Map<string, Float64Array>();
  for (const [name, indices] of dictOf({ ...pickle, value: dict }))
    lists.set(String(name), await integersOf(pickle, indices, `the images of class "${name}"`));
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
  return new Map([...dict.keys()].map((name, index) => [numbers[index]!, String(name)]));
}
