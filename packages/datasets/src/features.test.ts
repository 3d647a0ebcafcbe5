import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EpisodesOptions, openEpisodes } from './episodes/open-episodes';
import { poolOfCounts } from './episodes/pool.fixture';
import { readEpisode } from './episodes/read-pool';
import type { ClassPool } from './episodes/types';
import { folderOf } from './files/files.fixture';
import datasets, { drawEpisode } from './index';
import { makeNpy } from './npy/arrays.fixture';
import { featurePool, readFeatures, writeFeatures } from './npy/features';
import { writeNpz } from './npy/write';

const registry = createRegistry(datasets);
const open = (folder: string, options: object = {}, more: EpisodesOptions = {}) =>
  openEpisodes(registry.make('dataset', 'features', options), platform, folder, more);

/** Features [count, 2] of classes in turn: 0.5 times their place. */
const pool = (counts: readonly number[], prefix = 'class') => {
  const { nth: _, ...images } = poolOfCounts(counts, prefix);
  return featurePool(
    images,
    Float32Array.from({ length: images.count * 2 }, (_, i) => i / 2),
  );
};
async function file(of: ClassPool, name = 'train.npz') {
  const folder = await folderOf({});
  await writeFeatures(platform, join(folder, name), of);
  return join(folder, name);
}
const arrays = (features: Uint8Array, labels: Uint8Array, more: Record<string, Uint8Array> = {}) =>
  writeNpz({ features, labels, ...more });
const four = makeNpy([3, 2], [1, 2, 3, 4, 5, 6], { descr: '<f4' });

describe('features', () => {
  test('what is written is read again: any values, any names', async () => {
    const one = fc.record({
      counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      size: fc.integer({ min: 1, max: 5 }),
      prefix: fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\0')),
    });
    await fc.assert(
      fc.asyncProperty(one, async ({ counts, size, prefix }) => {
        const images = poolOfCounts(counts, prefix);
        const values = Float32Array.from({ length: images.count * size }, (_, i) => (i - 3) / 7);
        const path = await file(featurePool(images, values));
        const { count, shape, images: read, labels, classes } = await readFeatures(platform, path);
        expect({ count, shape, labels, classes }).toEqual({
          count: images.count,
          shape: [1, 1, size],
          labels: images.labels,
          classes: images.classes,
        });
        expect(read).toEqual(values);
      }),
      { numRuns: 30 },
    );
  });

  test('the same pool is the same bytes', async () => {
    const [a, b] = [await file(pool([2, 3])), await file(pool([2, 3]))];
    expect(await platform.readFile(a)).toEqual(await platform.readFile(b));
  });

  test('labels as numbers, as text, as numbers of named classes; both orders of axes; .npy files', async () => {
    const labels = makeNpy([3], [7, -2, 7], { descr: '<i8' });
    const folder = await folderOf({
      'a.npz': await arrays(four, labels),
      'text.npz': await arrays(four, textNpy(['dog', 'cat', 'dog'])),
      'named.npz': await arrays(four, makeNpy([3, 1], [1, 0, 1]), { classes: textNpy(['x', 'yz', 'w']) }),
      'fortran.npz': await arrays(
        makeNpy([3, 2], [1, 3, 5, 2, 4, 6], { descr: '>f8', fortran: true }),
        labels,
      ),
      'files/features.npy': four,
      'files/labels.npy': labels,
    });
    const read = async (name: string, file?: string) => {
      const found = await readFeatures(platform, join(folder, name), { file });
      return [found.classes, [...found.labels], [...(found.images as Float32Array)]];
    };
    const values = [1, 2, 3, 4, 5, 6];
    expect(await read('a.npz')).toEqual([['-2', '7'], [1, 0, 1], values]);
    expect(await read('text.npz')).toEqual([['cat', 'dog'], [1, 0, 1], values]);
    expect(await read('named.npz')).toEqual([['x', 'yz', 'w'], [1, 0, 1], values]);
    expect(await read('fortran.npz')).toEqual([['-2', '7'], [1, 0, 1], values]);
    expect(await read('files')).toEqual([['-2', '7'], [1, 0, 1], values]);
    expect(await read('', 'text.npz')).toEqual([['cat', 'dog'], [1, 0, 1], values]);
  });

  test('what is wrong is told by the file', async () => {
    const good = makeNpy([3], [0, 1, 0]);
    const codeOf = async (features: Uint8Array, labels: Uint8Array, more = {}, memory?: number) => {
      const folder = await folderOf({ 'a.npz': await arrays(features, labels, more) });
      return readFeatures(platform, join(folder, 'a.npz'), {}, { memory }).then(
        () => undefined,
        ({ code }) => code,
      );
    };
    expect(await codeOf(four, good)).toBeUndefined();
    expect(await codeOf(makeNpy([3, 2, 1], [1, 2, 3, 4, 5, 6]), good)).toBe('DATASET_BAD_SHAPE');
    expect(await codeOf(textNpy(['a', 'b', 'c']), good)).toBe('DATASET_BAD_SHAPE');
    expect(await codeOf(four, makeNpy([2], [0, 1]))).toBe('DATASET_BAD_COUNT');
    expect(await codeOf(makeNpy([3, 2], [1, 2, 3, Number.NaN, 5, 6], { descr: '<f4' }), good)).toBe(
      'DATASET_BAD_VALUE',
    );
    expect(await codeOf(makeNpy([3, 2], [1, 2, 3, 1e300, 5, 6], { descr: '<f8' }), good)).toBe(
      'DATASET_BAD_VALUE',
    );
    expect(await codeOf(four, makeNpy([3], [0, 0.5, 1], { descr: '<f4' }))).toBe('DATASET_BAD_LABEL');
    expect(await codeOf(four, makeNpy([3], [0, 2, 1]), { classes: textNpy(['a', 'b']) })).toBe(
      'DATASET_BAD_LABEL',
    );
    expect(await codeOf(four, good, {}, 20)).toBe('DATASET_TOO_LARGE');
    const none = await folderOf({ 'a.npz': await writeNpz({ features: four }) });
    await expect(readFeatures(platform, join(none, 'a.npz'))).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    });
    const images = poolOfCounts([1, 1]);
    await expect(writeFeatures(platform, join(none, 'b.npz'), images)).rejects.toMatchObject({
      code: 'EPISODE_NO_FEATURES',
    });
    expect(() => featurePool(images, new Float32Array(3))).toThrowError(
      expect.objectContaining({ code: 'EPISODE_BAD_POOL' }),
    );
  });
});

describe('the data set "features"', () => {
  test('three files are a division; numbers of classes are those of their file', async () => {
    const labels = makeNpy([3], [0, 1, 0]);
    const numbered = await arrays(four, labels);
    const folder = await folderOf({ 'train.npz': numbered, 'val.npz': numbered, 'test.npz': numbered });
    const set = await open(folder);
    expect([set.train, set.validation, set.test].map(({ classes }) => classes)).toEqual([
      ['train/0', 'train/1'],
      ['validation/0', 'validation/1'],
      ['test/0', 'test/1'],
    ]);
    const again = await open(folder, {}, { division: { test: ['train/1', 'test/0'] } });
    expect(again.test.classes).toEqual(['test/0', 'train/1']);
    expect([...(again.test.images as Float32Array)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const named = await arrays(four, textNpy(['a', 'b', 'a']));
    const shared = await folderOf({ 'train.npz': named, 'val.npz': numbered, 'test.npz': named });
    await expect(open(shared)).rejects.toMatchObject({ code: 'EPISODE_SHARED_CLASS' });
    const other = await arrays(makeNpy([3, 1], [1, 2, 3]), labels);
    const shapes = await folderOf({ 'train.npz': numbered, 'val.npz': other, 'test.npz': numbered });
    await expect(open(shapes)).rejects.toMatchObject({ code: 'DATASET_BAD_SHAPE' });
  });

  test('one file is divided; episodes are drawn of it', async () => {
    const path = await file(pool(Array(12).fill(6)), 'all.npz');
    for (const at of [path, join(path, '..')]) {
      const set = await open(at, { seed: 3 });
      expect([set.train, set.validation, set.test].map(({ classes }) => classes.length)).toEqual([4, 4, 4]);
      const episode = drawEpisode(set.test, { way: 3, shot: 2, query: 4, seed: 1 }, 0);
      const { support, query } = await readEpisode(set.test, episode);
      expect([support.shape, query.shape]).toEqual([
        [6, 2],
        [12, 2],
      ]);
    }
  });

  test('it has no images to classify', async () => {
    await expect(registry.make('dataset', 'features').open(platform, '.')).rejects.toMatchObject({
      code: 'EPISODE_FEATURES',
    });
  });
});

/** An array <U of numpy, made apart from the writer under test. */
function textNpy(texts: readonly string[]): Uint8Array {
  const width = Math.max(...texts.map(({ length }) => length));
  const header = new TextEncoder().encode(
    `{'descr': '<U${width}', 'fortran_order': False, 'shape': (${texts.length},), }`.padEnd(117).concat('\n'),
  );
  const bytes = new Uint8Array(128 + 4 * width * texts.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  bytes.set(header, 10);
  for (const [row, text] of texts.entries())
    for (let i = 0; i < text.length; i++) bytes[128 + 4 * (row * width + i)] = text.charCodeAt(i);
  return bytes;
}
