import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { temporaryFiles } from './archive/temporary-files.fixture';
import datasets from './index';
import { greyPng, makeParquet } from './parquet/parquet.fixture';
import { readImages } from './split';

const { folder, write } = temporaryFiles();
const registry = createRegistry(datasets);

const open = (path: string, options = {}, how = {}) =>
  registry.make('dataset', 'parquet', { size: 2, ...options }).open(platform, path, { cache: false, ...how });

/** Rows of a grey each, labelled in turn. */
const rows = (count: number, classes = 2, from = 0) =>
  Array.from({ length: count }, (_, i) => [greyPng(from + i), i % classes] as const);

function makeFolder(name: string, files: Record<string, Uint8Array>): string {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, path, '..'), { recursive: true });
    writeFileSync(join(folder, name, path), bytes);
  }
  return join(folder, name);
}

async function greys(split: Parameters<typeof readImages>[0]): Promise<number[]> {
  const all = await readImages(
    split,
    Uint32Array.from({ length: split.count }, (_, i) => i),
  );
  return Array.from({ length: split.count }, (_, i) => all[i * 12]!);
}

describe('parquet', () => {
  test.each(['SNAPPY', 'UNCOMPRESSED', 'GZIP'] as const)(
    '%s: 5 + 3 rows in groups of 2, in data/, with the names of classes',
    async (codec) => {
      const at = makeFolder(codec, {
        'data/train-00000-of-00002-0a1b2c3d.parquet': makeParquet(rows(3), { codec, names: ['cat', 'dog'] }),
        'data/train-00001-of-00002-4d5e6f70.parquet': makeParquet(rows(2, 2, 10), { codec }),
        'data/test-00000-of-00001.parquet': makeParquet(rows(3, 2, 20), { codec }),
        'data/validation-00000-of-00001.parquet': makeParquet(rows(1), { codec }),
      });
      const seen: unknown[] = [];
      const { classes, shape, train, test } = await open(
        at,
        {},
        { onProgress: (told: unknown) => seen.push(told) },
      );
      expect([classes, shape]).toEqual([
        ['cat', 'dog'],
        [2, 2, 3],
      ]);
      expect([await greys(train), [...train.labels]]).toEqual([
        [0, 1, 2, 10, 11],
        [0, 1, 0, 0, 1],
      ]);
      expect([await greys(test), [...test.labels]]).toEqual([
        [20, 21, 22],
        [0, 1, 0],
      ]);
      expect(train.nameOf?.(4)).toMatch(/train-00001-of-00002-4d5e6f70\.parquet, row 1$/);
      expect(seen).toContainEqual({ phase: 'listing', done: 3, total: 3 });
    },
  );

  test('50 rows of one image, written once in a dictionary; 1,000 of them are no data set', async () => {
    const same = (count: number) => makeParquet(Array(count).fill([greyPng(7), 0]), { rowGroupSize: 1000 });
    await expect(open(write('bomb.parquet', same(1000)))).rejects.toMatchObject({
      code: 'DATASET_BAD_PARQUET',
    });
    const path = write('same.parquet', same(50));
    const { train, test } = await open(path);
    expect([train.count, test.count]).toEqual([40, 10]);
    expect(new Set(await greys(train))).toEqual(new Set([7]));
  });

  test('labels that are names, and the limit', async () => {
    const named = rows(6).map(([image], i) => [image, ['owl', 'cat', 'owl'][i % 3]!] as const);
    const at = makeFolder('named', {
      'train.parquet': makeParquet(named),
      'validation.parquet': makeParquet(named.slice(0, 2)),
    });
    const { classes, train, test } = await open(at, { limit: { train: 2 } });
    expect([classes, [...train.labels], [...test.labels]]).toEqual([
      ['cat', 'owl'],
      [1, 0],
      [1, 0],
    ]);
    const other = makeFolder('other', {
      'train.parquet': makeParquet(named),
      'test.parquet': makeParquet([[greyPng(1), 'dog']]),
    });
    await expect(open(other)).rejects.toMatchObject({ code: 'DATASET_BAD_LABEL', data: { label: 'dog' } });
  });

  test('columns by their names: fine_label, or the one that is named', async () => {
    const fine = write('fine.parquet', makeParquet(rows(4), { column: 'fine_label' }));
    expect((await open(fine)).classes).toEqual(['0', '1']);
    const digit = write('digit.parquet', makeParquet(rows(4), { column: 'digit' }));
    await expect(open(digit)).rejects.toMatchObject({
      code: 'DATASET_NO_COLUMN',
      data: { file: digit, known: ['image.bytes (BYTE_ARRAY)', 'image.path (BYTE_ARRAY)', 'digit (INT64)'] },
    });
    expect((await open(digit, { label: 'digit' })).train.count).toBe(2);
    const told = write('told.parquet', makeParquet(rows(4), { column: 'digit', names: ['a', 'b'] }));
    expect((await open(told)).classes).toEqual(['a', 'b']);
  });

  test('folders of splits, sets beside each other, and files that are missing', async () => {
    const one = makeParquet(rows(4));
    const converted = makeFolder('converted', {
      'default/train/0000.parquet': one,
      'default/test/0000.parquet': one,
    });
    expect((await open(converted)).train.count).toBe(4);
    expect((await open(join(converted, 'default'))).test.count).toBe(4);
    const two = makeFolder('two', { 'a/train.parquet': one, 'b/train.parquet': one });
    await expect(open(two)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      data: { found: [join(two, 'a'), join(two, 'b')] },
    });
    expect((await open(join(two, 'a'))).train.count).toBe(2);
    const missing = makeFolder('missing', { 'train-00000-of-00002.parquet': one });
    await expect(open(missing)).rejects.toMatchObject({ data: { split: 'train', found: 1, wanted: 2 } });
    await expect(open(join(folder, 'absent'))).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('a signal stops it', async () => {
    const path = write('stop.parquet', makeParquet(rows(4)));
    const reason = new Error('stopped');
    await expect(open(path, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('what is no data set', () => {
  const good = makeParquet(rows(4), { codec: 'UNCOMPRESSED' });
  const altered = (change: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const copy = good.slice();
    return change(copy) ?? copy;
  };

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'DATASET_BAD_PARQUET'],
    ['a file cut short', good.subarray(0, -20), 'DATASET_BAD_PARQUET'],
    ['another file', new Uint8Array(100).fill(65), 'DATASET_BAD_PARQUET'],
    [
      'a footer longer than the file',
      altered((bytes) => void bytes.set([255, 255, 255, 127], bytes.length - 8)),
      'DATASET_BAD_PARQUET',
    ],
    [
      'a footer of zeros',
      altered((bytes) => void bytes.fill(0, bytes.length - 60, bytes.length - 8)),
      'DATASET_BAD_PARQUET',
    ],
    ['a page header of other bytes', altered((bytes) => void bytes.fill(0xff, 4, 20)), 'DATASET_BAD_PARQUET'],
    [
      'an image missing',
      makeParquet([
        [greyPng(0), 0],
        [null, 1],
        [greyPng(0), 0],
        [greyPng(1), 1],
      ]),
      'DATASET_BAD_PARQUET',
    ],
    [
      'a label missing',
      makeParquet([
        [greyPng(0), 0],
        [greyPng(0), null],
      ]),
      'DATASET_BAD_PARQUET',
    ],
    [
      'a label below 0',
      makeParquet([
        [greyPng(0), 0],
        [greyPng(0), -1],
      ]),
      'DATASET_BAD_LABEL',
    ],
    [
      'a label of 100,000',
      makeParquet([
        [greyPng(0), 0],
        [greyPng(0), 100_000],
      ]),
      'DATASET_BAD_LABEL',
    ],
    [
      'a label behind the named classes',
      makeParquet([[greyPng(0), 2]], { names: ['a', 'b'] }),
      'DATASET_BAD_LABEL',
    ],
    ['an image that is none', makeParquet([...rows(3), [Uint8Array.of(1, 2, 3), 1]]), 'DATASET_BAD_IMAGE'],
  ])('%s', async (_, bytes, code) => {
    const path = write('bad.parquet', bytes);
    await expect(open(path, { test: 0.5 })).rejects.toMatchObject({
      code,
      data: { file: expect.stringContaining(path) },
    });
  });

  test('files that call a class by other names are refused, not read as the classes of the first', async () => {
    const at = makeFolder('other-names', {
      'train.parquet': makeParquet(rows(2), { names: ['cat', 'dog'] }),
      'test.parquet': makeParquet(rows(2), { names: ['dog', 'cat'] }),
    });
    await expect(open(at)).rejects.toMatchObject({
      code: 'DATASET_BAD_NAMES',
      data: { index: 0, met: 'dog', wanted: 'cat' },
    });
  });
});
