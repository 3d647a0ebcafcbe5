import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import fc from 'fast-check';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { temporaryFiles } from './archive/temporary-files.fixture';
import datasets from './index';
import { makeNpy } from './npy/arrays.fixture';

const { folder, write } = temporaryFiles();
const registry = createRegistry(datasets);

const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);
const upTo = (max: number) => fc.integer({ min: 1, max });
/** What numpy's savez writes (level 0), or savez_compressed. */
const makeNpz = (arrays: Record<string, Uint8Array>, level: 0 | 6 = 0) =>
  new Uint8Array(
    zipSync(
      Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])) as Zippable,
      {
        level,
        mtime: new Date(1980, 1, 1),
      },
    ),
  );
const open = (path: string, options = {}, how = {}) =>
  registry.make('dataset', 'npz', options).open(platform, path, how);

/** 3 + 2 images of 2×2 as Keras names them; `x` made from the values 0..11 and 12..19. */
const keras = (x: (shape: number[], values: number[]) => Uint8Array) => ({
  x_train: x([3, 2, 2], range(12)),
  y_train: makeNpy([3], [1, 0, 2], { descr: '<i8' }),
  x_test: x([2, 2, 2], range(8, 12)),
  y_test: makeNpy([2, 1], [2, 1], { descr: '|u1' }),
});

describe('npz', () => {
  test.each([
    ['stored', 0],
    ['deflated', 6],
  ] as const)("Keras's names, %s: 3 + 2 images of 2×2", async (name, level) => {
    const path = write(
      `${name}.npz`,
      makeNpz(
        keras((shape, values) => makeNpy(shape, values)),
        level,
      ),
    );
    const { shape, classes, train, test } = await open(path);
    expect([shape, classes]).toEqual([
      [2, 2, 1],
      ['0', '1', '2'],
    ]);
    expect([[...train.images], [...train.labels]]).toEqual([range(12), [1, 0, 2]]);
    expect([[...test.images], [...test.labels]]).toEqual([range(8, 12), [2, 1]]);
  });

  test.each(['<f4', '>f4', '<f8', '>f8'])('%s: 0..1 is multiplied by 255, 0..255 rounded', async (descr) => {
    const unit = keras((shape, values) =>
      makeNpy(
        shape,
        values.map((value) => value / 255 / 1.0001),
        { descr },
      ),
    );
    expect([...(await open(write('bytes.npz', makeNpz(unit)))).train.images]).toEqual(range(12));
    const ones = keras((shape, values) =>
      makeNpy(
        shape,
        values.map((value) => (value % 2 ? 1 : 0)),
        { descr },
      ),
    );
    expect([...(await open(write('ones.npz', makeNpz(ones)))).train.images].slice(0, 4)).toEqual([
      0, 255, 0, 255,
    ]);
    const bytes = keras((shape, values) =>
      makeNpy(
        shape,
        values.map((value) => value + 0.3),
        { descr },
      ),
    );
    expect([...(await open(write('bytes.npz', makeNpz(bytes)))).test.images]).toEqual(range(8, 12));
  });

  test.each(['|u1', '|i1', '<u2', '>u2', '<i2', '>i2', '<i4', '>i4', '<i8', '>i8'])(
    '%s, in headers of versions 1, 2 and 3',
    async (descr) => {
      for (const version of [1, 2, 3] as const) {
        const arrays = keras((shape, values) => makeNpy(shape, values, { descr, version }));
        expect([...(await open(write('ints.npz', makeNpz(arrays)))).test.images]).toEqual(range(8, 12));
      }
    },
  );

  test('any layout and order is the same images [n, h, w, c]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(upTo(4), upTo(5), upTo(6), upTo(3)),
        fc.boolean(),
        fc.constantFrom('nhwc' as const, 'nchw' as const),
        async ([n, h, w, c], fortran, layout) => {
          const at = (i: number, y: number, x: number, z: number) => (i * 89 + y * 31 + x * 7 + z) % 256;
          const sizes = layout === 'nhwc' ? [n, h, w, c] : [n, c, h, w];
          const strides = sizes.map((_, axis) =>
            (fortran ? sizes.slice(0, axis) : sizes.slice(axis + 1)).reduce((a, b) => a * b, 1),
          );
          const values: number[] = [];
          const images: number[] = [];
          for (let i = 0; i < n; i++)
            for (let y = 0; y < h; y++)
              for (let x = 0; x < w; x++)
                for (let z = 0; z < c; z++) {
                  const index = layout === 'nhwc' ? [i, y, x, z] : [i, z, y, x];
                  values[index.reduce((sum, of, axis) => sum + of * strides[axis]!, 0)] = at(i, y, x, z);
                  images.push(at(i, y, x, z));
                }
          const array = makeNpy(sizes, values, { descr: '<i2', fortran });
          const labels = makeNpy([n], range(n), { descr: '<i4' });
          const path = write('any.npz', makeNpz({ a: array, b: labels }));
          const arrays = { train: ['a', 'b'], test: ['a', 'b'] };
          const { train, shape } = await open(path, { arrays, layout });
          expect(shape).toEqual([h, w, c]);
          expect([...train.images]).toEqual(images);
          const one = await open(path, { arrays, layout, limit: { train: 1 } });
          expect([...one.train.images]).toEqual(images.slice(0, h * w * c));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("MedMNIST's names, and [n, 3, h, w] told by its second axis", async () => {
    const images = makeNpy([2, 3, 2, 2], range(24));
    const labels = makeNpy([2, 1], [0, 1]);
    const arrays = {
      train_images: images,
      train_labels: labels,
      val_images: images,
      val_labels: labels,
      test_images: images,
      test_labels: labels,
    };
    const { shape, train } = await open(write('medmnist.npz', makeNpz(arrays)));
    expect(shape).toEqual([2, 2, 3]);
    expect([...train.images.subarray(0, 6)]).toEqual([0, 4, 8, 1, 5, 9]);
  });

  test('images and labels alone: a fifth is held out, the same for one seed', async () => {
    const path = write(
      'alone.npz',
      makeNpz({ images: makeNpy([10, 1, 1], range(10)), labels: makeNpy([10], range(10)) }),
    );
    const { train, test } = await open(path);
    expect([train.count, test.count]).toEqual([8, 2]);
    expect([...train.images, ...test.images].sort((a, b) => a - b)).toEqual(range(10));
    expect([...train.images]).toEqual([...train.labels]);
    expect((await open(path)).test.labels).toEqual(test.labels);
    expect((await open(path, { test: 0.5, seed: 2 })).test.count).toBe(5);
  });

  test('arrays of several files, .npy files of a folder, and the only .npz of one', async () => {
    const several = join(folder, 'several');
    mkdirSync(several);
    const one = (name: string, array: Uint8Array) =>
      writeFileSync(join(several, name), makeNpz({ arr_0: array }));
    one('train-imgs.npz', makeNpy([2, 1, 1], [7, 8]));
    one('train-labels.npz', makeNpy([2], [0, 1]));
    const arrays = { train: ['train-imgs.npz:arr_0', 'train-labels.npz:arr_0'] };
    expect((await open(several, { arrays, test: 0.5 })).train.count).toBe(1);
    await expect(open(several)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    const loose = join(folder, 'loose');
    mkdirSync(loose);
    for (const [name, bytes] of Object.entries(keras((shape, values) => makeNpy(shape, values))))
      writeFileSync(join(loose, `${name}.npy`), bytes);
    expect([...(await open(loose)).test.labels]).toEqual([2, 1]);
    const single = join(folder, 'single');
    mkdirSync(single);
    writeFileSync(join(single, 'set.npz'), makeNpz(keras((shape, values) => makeNpy(shape, values))));
    expect((await open(single)).train.count).toBe(3);
    expect((await open(single, { file: 'set.npz' })).train.count).toBe(3);
  });

  test('limit, names of classes, and the memory that is allowed', async () => {
    const path = write('limit.npz', makeNpz(keras((shape, values) => makeNpy(shape, values))));
    const limited = await open(path, { limit: { train: 2, test: 1 }, classes: ['a', 'b', 'c'] });
    expect([limited.train.count, limited.test.count, limited.classes]).toEqual([2, 1, ['a', 'b', 'c']]);
    await expect(open(path, {}, { memory: 19 })).rejects.toMatchObject({
      code: 'DATASET_TOO_LARGE',
      data: { dataset: path, bytes: 20, memory: 19 },
    });
    await expect(open(path, { limit: { test: 1 } }, { memory: 16 })).resolves.toMatchObject({ name: 'npz' });
  });
});

describe('what is no data set', () => {
  const good = keras((shape, values) => makeNpy(shape, values));
  const u1 = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 2), }";

  test.each<[string, Partial<Record<keyof typeof good, Uint8Array>>, string]>([
    ['pickles', { x_train: makeNpy([3, 2, 2], range(12), { descr: '|O' }) }, 'DATASET_PICKLED'],
    ['complex numbers', { x_train: makeNpy([3, 2, 2], range(12), { descr: '<c8' }) }, 'DATASET_BAD_DTYPE'],
    [
      'records',
      { x_train: makeNpy([3], range(3), { header: u1.replace("'|u1'", "[('r', '|u1'), ('g', '|u1')]") }) },
      'DATASET_BAD_DTYPE',
    ],
    [
      'a value of 256',
      { x_train: makeNpy([3, 2, 2], range(12, 245), { descr: '<i2' }) },
      'DATASET_BAD_VALUE',
    ],
    [
      'a value below 0',
      { x_train: makeNpy([3, 2, 2], range(12, -1), { descr: '<f4' }) },
      'DATASET_BAD_VALUE',
    ],
    [
      'no number',
      { x_test: makeNpy([2, 2, 2], Array(8).fill(Number.NaN), { descr: '<f4' }) },
      'DATASET_BAD_VALUE',
    ],
    ['a label below 0', { y_train: makeNpy([3], [0, -1, 1], { descr: '|i1' }) }, 'DATASET_BAD_LABEL'],
    ['a label of 1.5', { y_train: makeNpy([3], [0, 1.5, 1], { descr: '<f4' }) }, 'DATASET_BAD_LABEL'],
    ['a label of 70,000', { y_train: makeNpy([3], [0, 70_000, 1], { descr: '<i4' }) }, 'DATASET_BAD_LABEL'],
    ['four labels for three images', { y_train: makeNpy([4], range(4)) }, 'DATASET_BAD_COUNT'],
    ['labels of shape [3, 2]', { y_train: makeNpy([3, 2], range(6)) }, 'DATASET_BAD_SHAPE'],
    ['images of shape [12]', { x_train: makeNpy([12], range(12)) }, 'DATASET_BAD_SHAPE'],
    ['no image', { x_train: makeNpy([0, 2, 2], []) }, 'DATASET_BAD_SHAPE'],
    ['test images of another size', { x_test: makeNpy([2, 2, 4], range(16)) }, 'DATASET_BAD_SHAPE'],
    ['a short file', { x_train: makeNpy([3, 2, 2], range(11)) }, 'DATASET_SHORT_FILE'],
    ['a long file', { x_train: makeNpy([3, 2, 2], range(13)) }, 'DATASET_LONG_FILE'],
    ['a shape beyond memory', { x_train: makeNpy([999_999_999, 99_999, 99_999], []) }, 'DATASET_SHORT_FILE'],
    ['no magic number', { x_train: Uint8Array.from(range(200)) }, 'DATASET_BAD_MAGIC'],
    ['version 9', { x_train: makeNpy([3, 2, 2], range(12), { version: 9 as 1 }) }, 'DATASET_BAD_HEADER'],
    [
      'a header that is code',
      { x_train: makeNpy([1], [1], { header: "__import__('os').abort()" }) },
      'DATASET_BAD_HEADER',
    ],
    [
      'a key twice',
      { x_train: makeNpy([1], [1], { header: u1.replace('}', "'shape': (1,)}") }) },
      'DATASET_BAD_HEADER',
    ],
    [
      'a shape that is no tuple',
      { x_train: makeNpy([1], [1], { header: u1.replace('(3, 2, 2)', '(3)') }) },
      'DATASET_BAD_HEADER',
    ],
    [
      'a negative size',
      { x_train: makeNpy([1], [1], { header: u1.replace('(3,', '(-3,') }) },
      'DATASET_BAD_HEADER',
    ],
    ['more behind the header', { x_train: makeNpy([1], [1], { header: `${u1} + 1` }) }, 'DATASET_BAD_HEADER'],
    [
      'a key missing',
      { x_train: makeNpy([1], [1], { header: "{'descr': '|u1', 'shape': (1,)}" }) },
      'DATASET_BAD_HEADER',
    ],
  ])('%s', async (_, arrays, code) => {
    const path = write('bad.npz', makeNpz({ ...good, ...arrays }));
    await expect(open(path)).rejects.toMatchObject({
      code,
      data: { file: `${path}/${Object.keys(arrays)[0]}.npy` },
    });
  });

  test('a missing array is named with its archive', async () => {
    const { y_test: _, ...rest } = good;
    const path = write('missing.npz', makeNpz(rest));
    await expect(open(path)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      data: { file: path, entry: 'y_test' },
    });
    await expect(open(write('other.npz', makeNpz({ z: good.x_test })))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    });
  });

  test.each(['../x.npz', '/etc/x.npz', 'a/../../x.npz', 'a\\b'])('the option file: %s', (file) => {
    expect(() => registry.make('dataset', 'npz', { file })).toThrow(/name below the folder/);
  });
});
