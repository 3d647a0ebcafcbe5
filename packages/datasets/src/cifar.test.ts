import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import datasets from './index';
import { memoryFiles } from './memory-files.fixture';

const registry = createRegistry(datasets);
const names = (count: number) => Array.from({ length: count }, (_, i) => `class${i}`).join('\n');

/** Records whose pixel bytes are `record + 3 * position + plane`, modulo 256. */
function records(labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label, record) => [
      ...label,
      ...Array.from({ length: 3072 }, (_, i) => (record + 3 * (i % 1024) + Math.floor(i / 1024)) % 256),
    ]),
  );
}

const tenFiles = (train: Uint8Array, test: Uint8Array, folder = 'data') => ({
  ...Object.fromEntries([1, 2, 3, 4, 5].map((k) => [`${folder}/data_batch_${k}.bin`, train])),
  [`${folder}/test_batch.bin`]: test,
  [`${folder}/batches.meta.txt`]: `${names(10)}\n\n`,
});

const hundredFiles = (train: Uint8Array, test: Uint8Array, folder = 'data') => ({
  [`${folder}/train.bin`]: train,
  [`${folder}/test.bin`]: test,
  [`${folder}/fine_label_names.txt`]: names(100),
  [`${folder}/coarse_label_names.txt`]: names(20),
});

describe('cifar-10', () => {
  const subset = registry.make('dataset', 'cifar-10', { subset: true });

  test('no file of records is read without a bound', async () => {
    const files = memoryFiles(tenFiles(records([[3]]), records([[0]])));
    const bounds: unknown[] = [];
    const readFile: typeof files.readFile = (path, maxBytes) => {
      bounds.push(maxBytes);
      return files.readFile(path, maxBytes);
    };
    await subset.open({ ...files, readFile }, 'data');
    expect(bounds).toEqual(Array(6).fill(2 ** 28));
  });

  test('planes become NHWC, files follow each other, names are read', async () => {
    const files = memoryFiles(tenFiles(records([[3], [9]]), records([[0]])));
    const { name, shape, classes, train, test } = await subset.open(files, 'data');
    expect([name, shape, classes.length, classes[9]]).toEqual(['cifar-10', [32, 32, 3], 10, 'class9']);
    expect([train.count, [...train.labels], [...test.labels]]).toEqual([
      10,
      [3, 9, 3, 9, 3, 9, 3, 9, 3, 9],
      [0],
    ]);
    expect([...train.images.subarray(0, 7)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...train.images.subarray(3072, 3076)]).toEqual([1, 2, 3, 4]);
    expect(train.images).toHaveLength(10 * 3072);
    expect([...train.images.subarray(-2)]).toEqual([(1 + 3069 + 1) % 256, (1 + 3069 + 2) % 256]);
  });

  test.each(['cifar-10', 'cifar-10-batches-bin'])('found in a parent, under %s', async (below) => {
    const files = memoryFiles(tenFiles(records([[1]]), records([[2]]), `data/${below}`));
    expect((await subset.open(files, 'data')).train.count).toBe(5);
  });

  test('limit keeps the first images, over the ends of files', async () => {
    const files = memoryFiles(tenFiles(records([[3], [9]]), records([[0], [1]])));
    const source = registry.make('dataset', 'cifar-10', { subset: true, limit: { train: 3, test: 1 } });
    const { train, test } = await source.open(files, 'data');
    expect([[...train.labels], [...test.labels]]).toEqual([[3, 9, 3], [0]]);
  });

  test('the published count is wanted unless a subset is allowed', async () => {
    const files = memoryFiles(tenFiles(records([[3], [9]]), records([[0]])));
    await expect(registry.make('dataset', 'cifar-10').open(files, 'data')).rejects.toMatchObject({
      code: 'DATASET_BAD_COUNT',
      data: { file: 'data/data_batch_1.bin', offset: 2 * 3073, records: 2, published: 10_000 },
    });
  });

  test('10,000 records a file are read in whole', async () => {
    const full = new Uint8Array(10_000 * 3073);
    const files = memoryFiles(tenFiles(full, full));
    const { train, test } = await registry.make('dataset', 'cifar-10').open(files, 'data');
    expect([train.count, test.count]).toEqual([50_000, 10_000]);
  });

  test('a file cut short anywhere: named, with the byte', async () => {
    const whole = records([[1], [2]]);
    const cut = fc.integer({ min: 0, max: whole.length - 1 }).filter((length) => length !== 3073);
    await fc.assert(
      fc.asyncProperty(cut, async (length) => {
        const files = memoryFiles({
          ...tenFiles(records([[1]]), records([[1]])),
          'data/data_batch_3.bin': whole.subarray(0, length),
        });
        await expect(subset.open(files, 'data')).rejects.toMatchObject({
          code: 'DATASET_SHORT_FILE',
          data: { file: 'data/data_batch_3.bin', offset: length },
        });
      }),
      { numRuns: 30 },
    );
  });

  test('a wrong label: named, with its byte', async () => {
    const files = memoryFiles(tenFiles(records([[1]]), records([[1], [10]])));
    await expect(subset.open(files, 'data')).rejects.toMatchObject({
      code: 'DATASET_BAD_LABEL',
      message: 'data/test_batch.bin, byte 3073: label 10; allowed: 0 to 9',
      data: { file: 'data/test_batch.bin', offset: 3073, label: 10, classes: 10 },
    });
  });

  test('wrong names, a missing file, no data set, no folder', async () => {
    const good = tenFiles(records([[1]]), records([[1]]));
    const open = (contents: Record<string, Uint8Array | string>, folder?: string) =>
      subset.open(memoryFiles(contents), folder);
    await expect(open({ ...good, 'data/batches.meta.txt': 'cat\ndog' }, 'data')).rejects.toMatchObject({
      code: 'DATASET_BAD_NAMES',
      data: { file: 'data/batches.meta.txt', names: 2, wanted: 10 },
    });
    const { 'data/data_batch_2.bin': _, ...without } = good;
    await expect(open(without, 'data')).rejects.toMatchObject({
      code: 'PLATFORM_FILE_MISSING',
      data: { path: 'data/data_batch_2.bin' },
    });
    await expect(open(good, 'elsewhere')).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    await expect(open(good)).rejects.toMatchObject({ code: 'DATASET_NO_FOLDER' });
  });

  test('a bad option is refused with its path', () => {
    expect(() => registry.make('dataset', 'cifar-10', { limit: { train: 0 } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: expect.objectContaining({ path: 'limit.train' }),
      }),
    );
  });
});

describe('cifar-100', () => {
  const files = memoryFiles(
    hundredFiles(
      records([
        [19, 99],
        [0, 5],
      ]),
      records([[7, 42]]),
    ),
  );

  test('fine and coarse labels', async () => {
    const fine = await registry.make('dataset', 'cifar-100', { subset: true }).open(files, 'data');
    expect([fine.classes.length, [...fine.train.labels], [...fine.test.labels]]).toEqual([
      100,
      [99, 5],
      [42],
    ]);
    const coarse = await registry
      .make('dataset', 'cifar-100', { subset: true, labels: 'coarse' })
      .open(files, 'data');
    expect([coarse.classes.length, [...coarse.train.labels], [...coarse.test.labels]]).toEqual([
      20,
      [19, 0],
      [7],
    ]);
    expect(coarse.train.images).toEqual(fine.train.images);
    expect([...fine.train.images.subarray(3072, 3078)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a wrong fine label lies one byte after the coarse one', async () => {
    const bad = memoryFiles(
      hundredFiles(
        records([
          [0, 0],
          [0, 100],
        ]),
        records([[0, 0]]),
      ),
    );
    await expect(
      registry.make('dataset', 'cifar-100', { subset: true }).open(bad, 'data'),
    ).rejects.toMatchObject({
      code: 'DATASET_BAD_LABEL',
      data: { file: 'data/train.bin', offset: 3074 + 1, label: 100 },
    });
  });
});

const data = process.env.NEUSIM_DATA;
const real = (name: string) => data !== undefined && existsSync(join(data, name));

describe('the real files (NEUSIM_DATA names their folder)', () => {
  test.skipIf(!real('cifar-100'))('cifar-100: 500 + 100 images of every class', async () => {
    const { train, test, classes } = await registry.make('dataset', 'cifar-100').open(platform, data);
    expect([train.count, test.count, classes[0], classes[99]]).toEqual([50_000, 10_000, 'apple', 'worm']);
    const counts = (labels: Int32Array) => {
      const each = new Int32Array(100);
      for (const label of labels) each[label]!++;
      return new Set(each);
    };
    expect([counts(train.labels), counts(test.labels)]).toEqual([new Set([500]), new Set([100])]);
  });

  test.skipIf(!real('cifar-10'))('cifar-10: 5,000 + 1,000 images of every class', async () => {
    const { train, test, classes } = await registry.make('dataset', 'cifar-10').open(platform, data);
    expect([train.count, test.count, classes[0], classes[9]]).toEqual([50_000, 10_000, 'airplane', 'truck']);
  });
});
