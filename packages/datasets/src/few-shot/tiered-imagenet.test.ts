import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../files/files.fixture';
import { makeNpy } from '../npy/arrays.fixture';
import { pickleOf } from '../pickle/pickle.fixture';
import { pngOf } from '../store/images.fixture';
import { allOf, baseOf, bytesOf, episodesOf, sourceOf } from './few-shot.fixture';

const source = (options: object = {}) => sourceOf('tiered-imagenet', { size: [3, 4], ...options });

const labels = (name: string, more: object = {}) =>
  pickleOf({
    label_specific: { shape: [4], values: [0, 1, 1, 2] },
    label_general: [0, 1, 1, 0],
    label_specific_str: [`${name} a`, `${name} b`, `${name} c`],
    label_general_str: [`${name} x`, `${name} y`],
    ...more,
  });

/** PNG files of one colour each, as cv2.imencode gives them: [n, 1] or [n], or as bytes. */
const pngs = (first: number) =>
  pickleOf(
    [0, 1, 2, 3].map((i) => {
      const data = bytesOf(1, [3, 4, 3], first + i);
      const png = encode({ width: 4, height: 3, channels: 3, data });
      return i === 0 ? png : { shape: i === 1 ? [png.length] : [png.length, 1], values: png };
    }),
  );

const labelFiles = {
  'train_labels.pkl': labels('train'),
  'val_labels.pkl': labels('val'),
  'test_labels.pkl': labels('test'),
};
const png = {
  ...labelFiles,
  'train_images_png.pkl': pngs(10),
  'val_images_png.pkl': pngs(20),
  'test_images_png.pkl': pngs(30),
};
const wanted = (name: string, first: number) => [
  `${name} x/${name} a ${first}`,
  `${name} y/${name} b ${first + 1}`,
  `${name} y/${name} b ${first + 2}`,
  `${name} x/${name} c ${first + 3}`,
];

describe('PNG files in a pickle', () => {
  test('classes of the categories that they are of', async () => {
    const folder = await folderOf(png);
    expect(await source().detect!(platform, folder)).toEqual({ folder, isGuess: false });
    const opened = await episodesOf(source(), folder);
    expect(await allOf(opened)).toEqual({
      train: wanted('train', 10),
      validation: wanted('val', 20),
      test: wanted('test', 30),
    });
    expect(opened.train.classes).toEqual(['train x/train a', 'train y/train b', 'train x/train c']);
    expect(opened.train.groups).toEqual(['train x', 'train y', 'train x']);
    expect(opened.train.nameOf?.(2)).toBe(`${join(folder, 'train_images_png.pkl')}[2]`);
  });

  test('decoded once', async () => {
    const [folder, cache] = [await folderOf(png), await folderOf({})];
    const first = await allOf(await episodesOf(source(), folder, { cache }));
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }) => void phases.add(phase);
    expect(await allOf(await episodesOf(source(), folder, { cache, onProgress }))).toEqual(first);
    expect(phases.has('decoding')).toBe(false);
  });

  test('brought to size, as other encoded images are', async () => {
    const { train } = await baseOf(source({ size: 2, channels: 1, testShare: 0.5 }), await folderOf(png));
    expect(train.shape).toEqual([2, 2, 1]);
  });

  test.each([
    [
      'a file that is none',
      { 'train_images_png.pkl': pickleOf([new Uint8Array(2000), ...Array(3).fill(pngOf(1))]) },
      'DATASET_BAD_IMAGE',
      'train_images_png.pkl[0]',
    ],
    [
      'no file at all',
      { 'train_images_png.pkl': pickleOf([pngOf(1), 'x']) },
      'DATASET_BAD_COUNT',
      '4 labels for 2 images',
    ],
    [
      'text',
      { 'train_images_png.pkl': pickleOf([pngOf(1), pngOf(1), pngOf(1), 'x']) },
      'DATASET_BAD_SHAPE',
      'image 3 is no PNG file',
    ],
    ['no list', { 'train_images_png.pkl': pickleOf({ a: 1 }) }, 'DATASET_BAD_SHAPE', 'no list of PNG files'],
    [
      'a class of two categories',
      { 'train_labels.pkl': labels('train', { label_general: [0, 1, 0, 0] }) },
      'DATASET_BAD_LABEL',
      'class 1 is of group 1 and of group 0',
    ],
    [
      'a class without a name',
      { 'train_labels.pkl': labels('train', { label_specific: [0, 1, 1, 3] }) },
      'DATASET_BAD_LABEL',
      'label 3; allowed: 0 to 2',
    ],
    [
      'a category without a name',
      { 'train_labels.pkl': labels('train', { label_general: [0, 1, 1, 2] }) },
      'DATASET_BAD_LABEL',
      'label 2; allowed: 0 to 1',
    ],
    [
      'names that are none',
      { 'train_labels.pkl': labels('train', { label_general_str: [1.5, null] }) },
      'DATASET_BAD_SHAPE',
      'label_general_str',
    ],
  ])('%s', async (_, files, code, message) => {
    const opened = baseOf(source(), await folderOf({ ...png, ...files }));
    await expect(opened).rejects.toMatchObject({ code });
    await expect(opened).rejects.toThrow(message);
  });

  test('one part alone', async () => {
    const { 'val_images_png.pkl': _, ...without } = png;
    await expect(episodesOf(source(), await folderOf(without))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      data: { part: 'validation' },
    });
    const { 'train_labels.pkl': __, ...unlabelled } = png;
    await expect(episodesOf(source(), await folderOf(unlabelled))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      hint: expect.stringContaining('train_images_png.pkl and train_labels.pkl'),
    });
  });
});

test('two classes of one name and category are told apart', async () => {
  const same = labels('train', { label_specific_str: ['crane', 'b', 'crane'] });
  const { classes } = await baseOf(
    source({ testShare: 0.5 }),
    await folderOf({ ...png, 'train_labels.pkl': same }),
  );
  expect(classes).toEqual(['train x/crane (0)', 'train y/b', 'train x/crane (2)']);
});

describe('npz', () => {
  /** Blue, green, red: 0, 100, 200 more than the first. */
  const npz = (first: number) =>
    new Uint8Array(
      zipSync(
        {
          'images.npy': makeNpy(
            [4, 3, 4, 3],
            Uint8Array.from({ length: 144 }, (_, at) => first + Math.floor(at / 36) + 100 * (at % 3)),
          ),
        },
        { level: 0 },
      ),
    );
  const files = {
    ...labelFiles,
    'train_images.npz': npz(10),
    'val_images.npz': npz(20),
    'test_images.npz': npz(30),
  };

  test.each([1e6, 144, 0])('the channels turned, or not, with %i bytes to hold', async (memory) => {
    const folder = await folderOf(files);
    expect(await source().detect!(platform, folder)).toEqual({ folder, isGuess: false });
    const asThey = await allOf(await episodesOf(source({ bgr: false }), folder, { memory }));
    expect(asThey.train).toEqual(wanted('train', 10));
    const turned = await allOf(await episodesOf(source(), folder, { memory }));
    expect(turned.train).toEqual(wanted('train', 210));
    expect(turned.test[3]).toBe('test x/test c 233');
  });

  test('labels that are numbers alone', async () => {
    const folder = await folderOf({ ...files, 'train_labels.pkl': pickleOf({ labels: [5, 5, 6, 6] }) });
    const { train, validation } = await episodesOf(source(), folder);
    expect([train.classes, train.groups]).toEqual([['train/5', 'train/6'], undefined]);
    expect(validation.groups).toHaveLength(3);
  });

  test('too few labels', async () => {
    const folder = await folderOf({ ...files, 'train_labels.pkl': pickleOf({ labels: [5, 5] }) });
    await expect(episodesOf(source(), folder)).rejects.toMatchObject({ code: 'DATASET_BAD_COUNT' });
  });
});
