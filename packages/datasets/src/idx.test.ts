import { gzipSync } from 'node:zlib';
import { createRegistry } from '@neusim/registry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import datasets, { parseIdx } from './index';
import { memoryFiles } from './memory-files.fixture';

const registry = createRegistry(datasets);
const source = registry.make('dataset', 'idx');

function idxBytes(dimensions: readonly number[], values: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  header.setUint32(0, 8 * 256 + dimensions.length);
  for (const [i, size] of dimensions.entries()) header.setUint32(4 + 4 * i, size);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
}

const names = {
  train: 'data/train-images-idx3-ubyte',
  trainLabels: 'data/train-labels-idx1-ubyte',
  test: 'data/t10k-images-idx3-ubyte',
  testLabels: 'data/t10k-labels-idx1-ubyte',
};
const good = {
  [names.train]: idxBytes([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  [names.trainLabels]: idxBytes([2], [9, 0]),
  [names.test]: idxBytes([1, 2, 3], [6, 5, 4, 3, 2, 1]),
  [names.testLabels]: idxBytes([1], [4]),
};
const open = (contents: Record<string, Uint8Array>) => source.open(memoryFiles(contents), 'data');

describe('idx', () => {
  test('four plain files', async () => {
    const { name, shape, classes, train, test } = await open(good);
    expect([name, shape, classes.length]).toEqual(['mnist', [2, 3, 1], 10]);
    expect([train.count, [...train.labels], [...train.images]]).toEqual([
      2,
      [9, 0],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ]);
    expect([test.count, [...test.labels], [...test.images]]).toEqual([1, [4], [6, 5, 4, 3, 2, 1]]);
  });

  test('packed files, mixed with plain ones, under a folder of the data set’s name', async () => {
    const contents = Object.fromEntries(
      Object.entries(good).map(([path, bytes], i) => {
        const below = path.replace('data/', 'data/fashion-mnist/');
        return i % 2 === 0 ? [`${below}.gz`, gzipSync(bytes)] : [below, bytes];
      }),
    );
    const fashion = registry.make('dataset', 'idx', { name: 'fashion-mnist', limit: { train: 1 } });
    const dataset = await fashion.open(memoryFiles(contents), 'data');
    expect([dataset.name, dataset.train.count, dataset.test.count]).toEqual(['fashion-mnist', 1, 1]);
    expect([...dataset.train.images]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('no file, plain or packed, is read without a bound', async () => {
    const { [names.train]: plain, ...rest } = good;
    const files = memoryFiles({ ...rest, [`${names.train}.gz`]: gzipSync(plain!) });
    const bounds: unknown[] = [];
    const readFile: typeof files.readFile = (path, maxBytes) => {
      bounds.push(maxBytes);
      return files.readFile(path, maxBytes);
    };
    await source.open({ ...files, readFile }, 'data');
    expect(bounds).toEqual([2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30]);
  });

  test('any dimensions parse back to their values', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }), (dimensions) => {
        const count = dimensions.reduce((a, b) => a * b, 1);
        const values = Array.from({ length: count }, (_, i) => i % 256);
        const parsed = parseIdx('f', idxBytes(dimensions, values), dimensions.length);
        expect([parsed.dimensions, [...parsed.values]]).toEqual([dimensions, values]);
      }),
    );
  });

  test('cut short at every byte', () => {
    const bytes = good[names.train]!;
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseIdx('f', bytes.subarray(0, length), 3), `${length}`).toThrow(
        expect.objectContaining({
          code: 'DATASET_SHORT_FILE',
          data: expect.objectContaining({ file: 'f', offset: length }),
        }),
      );
    }
  });

  test('a header that promises more than memory has is a short file', () => {
    const bytes = idxBytes([4_000_000_000, 4_000_000_000, 4_000_000_000], [1]);
    expect(() => parseIdx('f', bytes, 3)).toThrow(expect.objectContaining({ code: 'DATASET_SHORT_FILE' }));
  });

  test.each([
    ['labels where images should be', names.train, good[names.trainLabels], 'DATASET_BAD_MAGIC', 0],
    ['a gzip file without its ending', names.train, gzipSync(good[names.train]!), 'DATASET_BAD_MAGIC', 0],
    ['bytes after the end', names.test, Uint8Array.of(...good[names.test]!, 0), 'DATASET_LONG_FILE', 22],
    ['fewer labels than images', names.trainLabels, idxBytes([1], [9]), 'DATASET_BAD_COUNT', 4],
    ['a label without a class', names.trainLabels, idxBytes([2], [9, 10]), 'DATASET_BAD_LABEL', 9],
    ['images of no size', names.train, idxBytes([2, 0, 3], []), 'DATASET_BAD_SHAPE', 4],
    ['test images of another size', names.test, idxBytes([1, 1, 1], [0]), 'DATASET_BAD_SHAPE', 8],
  ])('%s', async (_, file, bytes, code, offset) => {
    await expect(open({ ...good, [file]: bytes! })).rejects.toMatchObject({ code, data: { file, offset } });
  });

  test('a damaged gzip is named', async () => {
    const { [names.train]: images, ...others } = good;
    const file = `${names.train}.gz`;
    await expect(open({ ...others, [file]: gzipSync(images!).subarray(0, 20) })).rejects.toMatchObject({
      code: 'PLATFORM_BAD_GZIP',
      data: { file },
    });
  });
});
