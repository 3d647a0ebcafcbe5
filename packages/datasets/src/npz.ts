// Images and labels in numpy's arrays, as Keras (mnist.npz), MedMNIST and many papers publish them: one .npz (a zip of
// .npy files), several, or .npy files in a folder. All images are held in memory, as bytes.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { badFile } from './errors';
import { splitEntries } from './files/choose';
import { detected } from './folder';
import { openNpy } from './npy/array';
import {
  floatScale,
  type ImageArray,
  imageArray,
  type Layout,
  readImageBytes,
  readLabels,
} from './npy/images';
import { type NpyPlaces, openPlaces } from './npy/places';
import { inFolderSchema, limitSchema } from './options';
import { firstImages, splitDataset } from './split';
import { tooLarge } from './store/errors';
import { DEFAULT_MEMORY } from './store/open-encoded';
import type { Dataset, DatasetSource, MemorySplit } from './types';

/** Names of the arrays of images and labels. */
type Pair = readonly [images: string, labels: string];

/** Where the arrays are not named: the first of these whose training arrays are there. */
const USUAL: readonly { readonly train: Pair; readonly test?: Pair | undefined }[] = [
  { train: ['x_train', 'y_train'], test: ['x_test', 'y_test'] },
  { train: ['train_images', 'train_labels'], test: ['test_images', 'test_labels'] },
  { train: ['images', 'labels'] },
];

const pair = v.pipe(v.tuple([inFolderSchema, inFolderSchema]), v.readonly());

const options = v.strictObject({
  limit: limitSchema,
  /** The data set's name. */
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-kebab')), 'npz'),
  /** Names of the classes, in the order of the labels; default: the numbers of those met. */
  classes: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(65_536))),
  /** The .npz in the folder; default: the only one. */
  file: v.optional(inFolderSchema),
  /** Names of the arrays, `FILE.npz:NAME` for those of another .npz; without `test` some are held out by chance. */
  arrays: v.optional(v.strictObject({ train: pair, test: v.optional(pair) })),
  /** Default: channels last, unless only the second axis has 1 or 3. */
  layout: v.optional(v.picklist(['nhwc', 'nchw'])),
  /** Where the file tells of no images to test on. */
  ...splitEntries,
});

type Options = v.InferOutput<typeof options>;

/** Images in numpy's arrays. */
export const npz = define({
  kind: 'dataset',
  name: 'npz',
  version: '1.0.0',
  summary: "images and labels in numpy's arrays: .npz or .npy",
  options,
  load:
    () =>
    (given): DatasetSource<MemorySplit> => ({
      async detect(platform, folder) {
        const isOne = folder.endsWith('.npz');
        const holds = isOne || (await platform.listFolder(folder)).some((name) => /\.np[yz]$/.test(name));
        return detected(holds ? folder : undefined, !isOne);
      },
      async open(platform, folder, open = {}) {
        const places = await openPlaces(platform, folder, given.file, open);
        try {
          return await read(places, given, open.memory ?? DEFAULT_MEMORY);
        } finally {
          await places.close();
        }
      },
    }),
});

async function read(places: NpyPlaces, given: Options, memory: number): Promise<Dataset<MemorySplit>> {
  const arrays = given.arrays ?? (await findUsual(places));
  const train = await openImages(places, arrays.train[0], given.layout);
  const test = arrays.test && (await openImages(places, arrays.test[0], given.layout));
  if (test && String(test.shape) !== String(train.shape)) {
    const message = `images of [${test.shape}], for training [${train.shape}]`;
    throw badFile('DATASET_BAD_SHAPE', test.array.path, 0, message, {
      shape: test.shape,
      wanted: train.shape,
    });
  }
  // Held-out images are drawn from all.
  const keepTrain = arrays.test ? Math.min(given.limit.train ?? train.count, train.count) : train.count;
  const keepTest = test ? Math.min(given.limit.test ?? test.count, test.count) : 0;
  const [height, width, channels] = train.shape;
  const bytes = (keepTrain + keepTest) * height * width * channels;
  if (bytes > memory) throw tooLarge(places.folder, bytes, memory);
  const scale = await floatScale(train);
  const split = async (images: ImageArray, labelsName: string, keep: number) => {
    const array = await openNpy(await placeOf(places, labelsName));
    const { labels, largest } = await readLabels(array, {
      count: images.count,
      keep,
      classes: given.classes?.length,
    });
    const read: MemorySplit = {
      count: keep,
      shape: train.shape,
      images: await readImageBytes(images, keep, images.array.dtype.isFloat ? scale : 1),
      labels,
    };
    return { read, largest };
  };
  const forTraining = await split(train, arrays.train[1], keepTrain);
  const forTesting = test && arrays.test && (await split(test, arrays.test[1], keepTest));
  const largest = Math.max(forTraining.largest, forTesting?.largest ?? 0);
  const classes = given.classes ?? Array.from({ length: largest + 1 }, (_, label) => String(label));
  const parts = forTesting
    ? { train: forTraining.read, test: forTesting.read }
    : splitDataset(forTraining.read, {
        seed: given.seed,
        test: Math.max(1, Math.floor(given.test * train.count)),
      });
  return {
    name: given.name,
    shape: train.shape,
    classes,
    train: firstImages(parts.train, given.limit.train),
    test: firstImages(parts.test, given.limit.test),
  };
}

async function openImages(places: NpyPlaces, name: string, layout: Layout | undefined): Promise<ImageArray> {
  return imageArray(await openNpy(await placeOf(places, name)), layout);
}

async function placeOf(places: NpyPlaces, name: string) {
  const place = await places.find(name);
  if (place) return place;
  throw new NeusimError('DATASET_NOT_FOUND', `no array "${name}" in ${places.folder}`, {
    data: { file: places.folder, entry: name },
    hint: 'name the arrays by the option "arrays"',
  });
}

async function findUsual(places: NpyPlaces) {
  for (const usual of USUAL) if (await places.find(usual.train[0])) return usual;
  const known = USUAL.map(({ train }) => train.join(' and ')).join('; ');
  throw new NeusimError('DATASET_NOT_FOUND', `${places.folder} holds no arrays of a usual name (${known})`, {
    data: { file: places.folder, usual: USUAL.map(({ train }) => train) },
    hint: 'name the arrays by the option "arrays", and the file by "file" where there are several',
  });
}
