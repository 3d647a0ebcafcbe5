import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../files/files.fixture';
import { makeNpy } from '../npy/arrays.fixture';
import { bytes, pickleOf } from '../pickle/pickle.fixture';
import { allOf, baseOf, bytesOf, contentsOf, episodesOf, sourceOf } from './few-shot.fixture';

const source = (options: object = {}) => sourceOf('mini-imagenet', { size: [3, 4], ...options });

const csv = (...rows: string[]) => ['filename,label', ...rows, ''].join('\n');
const lists = {
  'train.csv': csv('1.png,n02', '2.png,n01', '3.png,n02', '4.png,n01'),
  'val.csv': csv('5.png,n03', '6.png,n04'),
  'test.csv': csv('7.png,n05', '8.png,n06'),
};
const images = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`images/${i + 1}.png`, i + 1]));

describe('lists and images', () => {
  test('three parts of other classes, in the order of the lists', async () => {
    const folder = await folderOf({ ...images, ...lists });
    const { name, shape, train, validation, test: tested } = await episodesOf(source(), folder);
    expect([name, shape]).toEqual(['mini-imagenet', [3, 4, 3]]);
    expect([train.classes, validation.classes, tested.classes]).toEqual([
      ['n01', 'n02'],
      ['n03', 'n04'],
      ['n05', 'n06'],
    ]);
    expect([...train.labels]).toEqual([1, 0, 1, 0]);
    expect(train.nameOf?.(1)).toBe(join(folder, 'images', '2.png'));
  });

  test('found below the folder; by its name it is told from other lists', async () => {
    const folder = await folderOf(
      Object.fromEntries(
        Object.entries({ ...images, ...lists }).map(([name, of]) => [`mini-imagenet/${name}`, of]),
      ),
    );
    const found = { folder: join(folder, 'mini-imagenet'), isGuess: false };
    expect(await source().detect!(platform, folder)).toEqual(found);
    expect(await source().detect!(platform, found.folder)).toEqual(found);
    // Such lists in a folder of another name may be anyone's.
    const other = await folderOf({ ...images, ...lists });
    expect(await source().detect!(platform, other)).toEqual({ folder: other, isGuess: true });
    expect((await episodesOf(source(), folder)).test.count).toBe(2);
  });

  test('images beside the lists', async () => {
    const beside = Object.fromEntries(
      Object.entries(images).map(([name, of]) => [name.slice('images/'.length), of]),
    );
    expect((await episodesOf(source(), await folderOf({ ...beside, ...lists }))).train.count).toBe(4);
  });

  test('a class in two lists, a missing list, a missing image', async () => {
    const shared = await folderOf({ ...images, ...lists, 'test.csv': csv('7.png,n05', '8.png,n01') });
    await expect(episodesOf(source(), shared)).rejects.toMatchObject({
      code: 'EPISODE_SHARED_CLASS',
      data: { class: 'n01', where: ['train', 'test'] },
    });
    const { 'test.csv': _, ...two } = lists;
    await expect(episodesOf(source(), await folderOf({ ...images, ...two }))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      data: { part: 'test', looked: ['test.csv'] },
    });
    const gone = await folderOf({ ...images, ...lists, 'val.csv': csv('5.png,n03', '9.png,n04') });
    await expect(episodesOf(source(), gone)).rejects.toMatchObject({
      code: 'DATASET_BAD_ROW',
      data: { line: 3 },
    });
  });

  test('nothing of it in the folder; no folder', async () => {
    const folder = await folderOf({ 'a.txt': 'b' });
    expect(await source().detect!(platform, folder)).toBeUndefined();
    await expect(episodesOf(source(), folder)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      hint: expect.stringContaining('mini-imagenet-cache-train.pkl or train.csv'),
    });
    await expect(episodesOf(source(), undefined)).rejects.toMatchObject({ code: 'DATASET_NO_FOLDER' });
  });

  test('decoded once into the cache, whatever it is opened for', async () => {
    const [folder, cache] = [await folderOf({ ...images, ...lists }), await folderOf({})];
    const first = await allOf(await episodesOf(source(), folder, { cache }));
    const decoded: string[] = [];
    const onProgress = ({ phase }: { phase: string }) => void decoded.push(phase);
    expect(await allOf(await episodesOf(source(), folder, { cache, onProgress, memory: 0 }))).toEqual(first);
    await baseOf(source(), folder, { cache, onProgress });
    expect(decoded).not.toContain('decoding');
  });
});

describe('to classify', () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i}.png,${i % 2 ? 'b' : 'a'}`);
  const files = {
    ...lists,
    'train.csv': csv(...rows),
    ...images,
    ...Object.fromEntries(rows.map((_, i) => [`images/${i}.png`, i])),
  };

  test('the training classes, a seeded share of each to test on', async () => {
    const folder = await folderOf(files);
    const base = await baseOf(source({ testShare: 0.3 }), folder);
    expect([base.name, base.classes, base.train.count, base.test.count]).toEqual([
      'mini-imagenet',
      ['a', 'b'],
      14,
      6,
    ]);
    expect([...base.test.labels].sort()).toEqual([0, 0, 0, 1, 1, 1]);
    const own = async (options: object) => {
      const { classes, train, test: tested } = await baseOf(source(options), folder);
      return [await contentsOf({ ...train, classes }), await contentsOf({ ...tested, classes })];
    };
    const [first, again, other] = [await own({ seed: 1 }), await own({ seed: 1 }), await own({ seed: 2 })];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect([...first[0]!, ...first[1]!].sort()).toEqual([...other[0]!, ...other[1]!].sort());
  });

  test('limited, of each class as evenly as there are; the other lists are not wanted', async () => {
    const { 'test.csv': _, ...two } = files;
    const { train, test: tested } = await baseOf(
      source({ limit: { train: 4, test: 2 } }),
      await folderOf(two),
    );
    expect([[...train.labels].sort(), [...tested.labels].sort()]).toEqual([
      [0, 0, 1, 1],
      [0, 1],
    ]);
  });

  test('one image of each class leaves none to test on', async () => {
    const one = await folderOf({ ...images, ...lists, 'train.csv': csv('1.png,a', '2.png,b') });
    await expect(baseOf(source(), one)).rejects.toMatchObject({
      code: 'DATASET_EMPTY',
      data: { split: 'test' },
    });
  });

  test.each([{ testShare: 0 }, { testShare: 1 }, { seed: -1 }, { size: 0 }])('%j is refused', (options) => {
    expect(() => source(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

test('images in folders of their classes, the parts apart', async () => {
  const files = {
    'train/b/1.png': 1,
    'train/a/2.png': 2,
    'val/c/3.png': 3,
    'test/d/4.png': 4,
    'test/e/x/5.png': 5,
  };
  const folder = await folderOf(files);
  // Anyone's folders look like that.
  expect(await source().detect!(platform, folder)).toBeUndefined();
  const { train, validation, test: tested } = await episodesOf(source(), folder);
  expect([train.classes, validation.classes, tested.classes, [...train.labels]]).toEqual([
    ['a', 'b'],
    ['c'],
    ['d', 'e'],
    [0, 1],
  ]);
  await expect(episodesOf(source(), await folderOf({ ...files, 'val/a/1.png': 1 }))).rejects.toMatchObject({
    code: 'EPISODE_SHARED_CLASS',
  });
  await expect(episodesOf(source(), await folderOf({ ...files, 'val/f/1.txt': 'x' }))).rejects.toMatchObject({
    code: 'DATASET_EMPTY_CLASS',
    data: { class: 'f' },
  });
  const { 'val/c/3.png': _, ...two } = files;
  await expect(episodesOf(source(), await folderOf(two))).rejects.toMatchObject({
    code: 'DATASET_NOT_FOUND',
    data: { part: 'validation', looked: ['val/', 'validation/', 'valid/'] },
  });
});

const cache = (first: number, classes: Record<string, unknown>, count = 4, shape = [3, 4, 3]) =>
  pickleOf({
    image_data: { shape: [count, ...shape], values: bytesOf(count, shape, first) },
    class_dict: classes,
  });
const caches = {
  'mini-imagenet-cache-train.pkl': cache(10, { n02: [0, 2], n01: [1, 3] }),
  'mini-imagenet-cache-val.pkl': cache(20, { n03: [0, 1], n04: [2, 3] }),
  'mini-imagenet-cache-test.pkl': cache(30, { n05: [3, 2, 1, 0] }),
};
const wanted = {
  train: ['n02 10', 'n01 11', 'n02 12', 'n01 13'],
  validation: ['n03 20', 'n03 21', 'n04 22', 'n04 23'],
  test: ['n05 30', 'n05 31', 'n05 32', 'n05 33'],
};

describe('pickles', () => {
  test('image_data and class_dict: held, in part, or read where they lie', async () => {
    const folder = await folderOf(caches);
    expect(await source().detect!(platform, folder)).toEqual({ folder, isGuess: false });
    // Arrays of 144 bytes are held with the rest of the pickle; of the sizes below they are not.
    for (const [side, memory] of [
      [4, 1e6],
      [20, 1e6],
      [20, 4 * 20 * 20 * 3],
      [20, 0],
    ] as const) {
      const shape = [side, side, 3];
      const files = {
        'mini-imagenet-cache-train.pkl': cache(10, { n02: [0, 2], n01: [1, 3] }, 4, shape),
        'mini-imagenet-cache-validation.pkl': cache(20, { n03: [0, 1], n04: [2, 3] }, 4, shape),
        'mini-imagenet-cache-test.pkl': cache(30, { n05: [3, 2, 1, 0] }, 4, shape),
      };
      const opened = await episodesOf(source({ size: side }), await folderOf(files), { memory });
      expect(await allOf(opened)).toEqual(wanted);
      const isHeld = [opened.train, opened.validation, opened.test].map(
        ({ images }) => images instanceof Uint8Array,
      );
      expect(isHeld).toEqual(
        memory === 1e6 ? [true, true, true] : memory === 0 ? [false, false, false] : [true, false, false],
      );
    }
  });

  test('as every protocol of Python 3, and Python 2, writes them', async () => {
    const { cases } = JSON.parse(
      await readFile(new URL('../../../../tools/golden/pickles.json', import.meta.url), 'utf8'),
    ) as { cases: { of: string; how: string; base64: string }[] };
    for (const [of, name] of [
      ['a cache of images', 'mini-imagenet-cache-train.pkl'],
      ['images and labels', 'miniImageNet_category_split_train_phase_train.pickle'],
    ] as const) {
      const own = cases.filter((each) => each.of === of);
      expect(own.length).toBe(9);
      for (const { base64 } of own) {
        const folder = await folderOf({ [name]: new Uint8Array(Buffer.from(base64, 'base64')) });
        const side = of === 'a cache of images' ? 4 : 3;
        const { classes, train, test: tested } = await baseOf(source({ size: side, testShare: 0.5 }), folder);
        expect(classes).toEqual(of === 'a cache of images' ? ['n01', 'n02'] : ['n07', 'n09']);
        expect(train.count + tested.count).toBe(of === 'a cache of images' ? 6 : 4);
        const first = (await contentsOf({ ...train, classes })).concat(
          await contentsOf({ ...tested, classes }),
        );
        const pixels = side * side * 3;
        const bytesMet = first.map((each) => Number(each.split(' ')[1])).sort((a, b) => a - b);
        const count = train.count + tested.count;
        expect(bytesMet).toEqual(
          Array.from({ length: count }, (_, i) => (i * pixels * 7) % 251).sort((a, b) => a - b),
        );
      }
    }
  });

  const pickled = (data: unknown, labels: unknown, more: object = {}) =>
    folderOf({ 'mini_imagenet_train.pickle': pickleOf({ data, labels, ...more }) });
  const data = { shape: [4, 3, 4, 3], values: bytesOf(4, [3, 4, 3], 1) };

  test('data and labels: a list or an array of numbers, with names or without', async () => {
    const open = async (folder: string) => {
      const { classes, train, test: tested } = await baseOf(source({ testShare: 0.5 }), folder);
      return [
        ...(await contentsOf({ ...train, classes })),
        ...(await contentsOf({ ...tested, classes })),
      ].sort();
    };
    const numbered = ['train/5 1', 'train/5 3', 'train/9 2', 'train/9 4'];
    expect(await open(await pickled(data, [5, 9, 5, 9]))).toEqual(numbered);
    expect(await open(await pickled(data, { shape: [4], values: [5, 9, 5, 9] }))).toEqual(numbered);
    const int64 = Uint8Array.from([5, 9, 5, 9].flatMap((label) => [label, 0, 0, 0, 0, 0, 0, 0]));
    expect(await open(await pickled(data, { shape: [4, 1], values: int64, dtype: '<i8' }))).toEqual(numbered);
    expect(await open(await pickled(data, [5, 9, 5, 9], { catname2label: { n1: 9, n0: 5 } }))).toEqual([
      'n0 1',
      'n0 3',
      'n1 2',
      'n1 4',
    ]);
  });

  test('a list of one array for each image', async () => {
    const list = [1, 2, 3, 4].map((first) => ({ shape: [3, 4, 3], values: bytesOf(1, [3, 4, 3], first) }));
    for (const memory of [0, 1e6]) {
      const {
        classes,
        train,
        test: tested,
      } = await baseOf(source({ testShare: 0.5 }), await pickled(list, [1, 1, 2, 2]), { memory });
      const found = [
        ...(await contentsOf({ ...train, classes })),
        ...(await contentsOf({ ...tested, classes })),
      ];
      expect(found.sort()).toEqual(['train/1 1', 'train/1 2', 'train/2 3', 'train/2 4']);
    }
  });

  test.each([0, 1e6])('of another size they are brought to it, with %i bytes to hold', async (memory) => {
    const list = [1, 2, 3, 4].map((first) => ({
      shape: [20, 30, 3],
      values: bytesOf(1, [20, 30, 3], first),
    }));
    const one = { shape: [4, 20, 30, 3], values: bytesOf(4, [20, 30, 3], 1) };
    for (const each of [list, one])
      for (const channels of [1, 3]) {
        const folder = await pickled(each, [1, 1, 2, 2]);
        const {
          shape,
          classes,
          train,
          test: tested,
        } = await baseOf(source({ testShare: 0.5, channels, fit: 'stretch' }), folder, { memory });
        expect(shape).toEqual([3, 4, channels]);
        const found = [
          ...(await contentsOf({ ...train, classes })),
          ...(await contentsOf({ ...tested, classes })),
        ];
        expect(found.sort()).toEqual(['train/1 1', 'train/1 2', 'train/2 3', 'train/2 4']);
      }
  });

  test('floats, and channels first, are made bytes; too many of them are refused', async () => {
    const values = new Uint8Array(Float32Array.from({ length: 72 }, (_, i) => (i % 2 ? 1 : 0)).buffer);
    const folder = await pickled({ shape: [2, 3, 3, 4], values, dtype: '<f4' }, [1, 1]);
    const { train } = await baseOf(source({ testShare: 0.5 }), folder);
    expect(train.shape).toEqual([3, 4, 3]);
    await expect(baseOf(source(), folder, { memory: 10 })).rejects.toMatchObject({
      code: 'DATASET_TOO_LARGE',
    });
  });

  test.each([
    [
      'other channels',
      { data: { shape: [2, 4, 4, 1], values: bytesOf(2, [4, 4, 1]) }, labels: [1, 2] },
      'DATASET_BAD_SHAPE',
      'images of [4,4,1]; wanted are [3,4,3]',
    ],
    [
      'one that is another size',
      {
        data: [
          { shape: [3, 4, 3], values: bytesOf(1, [3, 4, 3]) },
          { shape: [3, 4], values: bytesOf(1, [3, 4]) },
        ],
        labels: [1, 2],
      },
      'DATASET_BAD_SHAPE',
      'image 1',
    ],
    ['no array', { data: 'x', labels: [] }, 'DATASET_BAD_SHAPE', 'images are no array'],
    ['too few labels', { data, labels: [1, 2] }, 'DATASET_BAD_COUNT', '2 labels for 4 images'],
    [
      'labels that are no numbers',
      { data, labels: [1, 2, 'x', 3] },
      'DATASET_BAD_SHAPE',
      'number 2 is no whole number',
    ],
    ['no labels', { data }, 'DATASET_BAD_SHAPE', 'no key "labels"'],
    ['no images', { labels: [] }, 'DATASET_BAD_SHAPE', 'no key "image_data" or "data"'],
    ['no dict', [1, 2], 'DATASET_BAD_SHAPE', 'no dict'],
    [
      'an image of no class',
      { image_data: data, class_dict: { a: [0, 1], b: [2] } },
      'DATASET_BAD_LABEL',
      'image 3 is of no class',
    ],
    [
      'an image of two classes',
      { image_data: data, class_dict: { a: [0, 1], b: [2, 3, 1] } },
      'DATASET_BAD_LABEL',
      'image 1 is of class "a" and of class "b"',
    ],
    [
      'an image that is not there',
      { image_data: data, class_dict: { a: [0, 1, 2, 3, 4] } },
      'DATASET_BAD_LABEL',
      'image 4 of 4',
    ],
    ['classes that are no dict', { image_data: data, class_dict: [1] }, 'DATASET_BAD_SHAPE', 'no dict'],
    [
      'a class whose name is a list',
      { image_data: data, class_dict: new Map([[[1], [0, 1, 2, 3]]]) },
      'DATASET_BAD_SHAPE',
      'a key that is no name',
    ],
  ])('%s', async (_, value, code, message) => {
    const folder = await folderOf({ 'mini_imagenet_train.pickle': pickleOf(value) });
    const opened = baseOf(source(), folder);
    await expect(opened).rejects.toMatchObject({
      code,
      data: { file: expect.stringContaining('mini_imagenet_train.pickle') },
    });
    await expect(opened).rejects.toThrow(message);
  });

  test('what would run code, and what is cut short', async () => {
    const open = (file: Uint8Array) =>
      folderOf({ 'mini_imagenet_train.pickle': file }).then((at) => baseOf(source(), at));
    await expect(open(bytes('cos\nsystem\n(S"echo"\ntR.'))).rejects.toMatchObject({
      code: 'DATASET_UNSAFE_PICKLE',
      data: { global: 'os.system' },
    });
    const whole = caches['mini-imagenet-cache-train.pkl'];
    await expect(open(whole.subarray(0, whole.length - 20))).rejects.toMatchObject({
      code: 'DATASET_SHORT_FILE',
    });
  });
});

describe('npz', () => {
  const shape = [3, 4, 3];
  const arrays = (first: number, names: readonly [string, string]) => ({
    [`${names[0]}.npy`]: makeNpy([4, ...shape], bytesOf(4, shape, first)),
    [`${names[1]}.npy`]: makeNpy([4], [3, 1, 3, 1], { descr: '<i8' }),
  });
  const zipped = (files: Record<string, Uint8Array>, level: 0 | 6 = 0) =>
    new Uint8Array(zipSync(files, { level }));
  const found = {
    train: ['train/3 10', 'train/1 11', 'train/3 12', 'train/1 13'],
    validation: ['validation/3 20', 'validation/1 21', 'validation/3 22', 'validation/1 23'],
    test: ['test/3 30', 'test/1 31', 'test/3 32', 'test/1 33'],
  };

  test.each([
    ['features', 'targets', 'few-shot-{}.npz'],
    ['images', 'labels', '{}.npz'],
    ['data', 'labels', 'mini-imagenet-{}.npz'],
  ])('%s and %s in %s, held or read where they lie', async (images, labels, pattern) => {
    const files = Object.fromEntries(
      ['train', 'val', 'test'].map((part, index) => [
        pattern.replace('{}', part),
        zipped(arrays(10 * (index + 1), [images, labels])),
      ]),
    );
    const folder = await folderOf(files);
    for (const memory of [1e6, 0])
      expect(await allOf(await episodesOf(source(), folder, { memory }))).toEqual(found);
    expect(await source().detect!(platform, folder)).toEqual({
      folder,
      isGuess: !pattern.startsWith('mini'),
    });
  });

  test('all parts in one', async () => {
    const file = zipped({
      ...arrays(10, ['train_images', 'train_labels']),
      ...arrays(20, ['val_images', 'val_labels']),
      ...arrays(30, ['test_images', 'test_labels']),
    });
    expect(await allOf(await episodesOf(source(), await folderOf({ 'mini-imagenet.npz': file })))).toEqual(
      found,
    );
  });

  test('packed arrays are held or refused; other names are told', async () => {
    const packed = await folderOf({ 'few-shot-train.npz': zipped(arrays(1, ['features', 'targets']), 6) });
    expect((await baseOf(source(), packed)).classes).toEqual(['train/1', 'train/3']);
    await expect(baseOf(source(), packed, { memory: 100 })).rejects.toMatchObject({
      code: 'DATASET_TOO_LARGE',
    });
    const other = await folderOf({ 'few-shot-train.npz': zipped(arrays(1, ['a', 'b'])) });
    await expect(baseOf(source(), other)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      data: { found: ['a', 'b'] },
    });
  });
});
