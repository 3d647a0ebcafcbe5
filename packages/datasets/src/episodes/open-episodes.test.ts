import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { addTo, folderOf } from '../files/files.fixture';
import datasets from '../index';
import { readImages } from '../split';
import type { DatasetSource, Split } from '../types';
import { type EpisodesOptions, openEpisodes } from './open-episodes';
import { poolOfCounts } from './pool.fixture';
import { readPool } from './read-pool';
import type { FewShotDataset } from './types';

const registry = createRegistry(datasets);
const source = (options: object = {}) =>
  registry.make('dataset', 'image-folder', { size: [3, 4], ...options });
const open = (folder: string, { options = {}, ...more }: EpisodesOptions & { options?: object } = {}) =>
  openEpisodes(source(options), platform, folder, { cache: false, ...more });

/** `files('train', 'ab', 2)`: two images of each of the classes a and b. */
const files = (folder: string, classes: string, count = 2) =>
  Object.fromEntries(
    [...classes].flatMap((name) =>
      Array.from({ length: count }, (_, i) => [join(folder, name, `${i}.png`), name.charCodeAt(0) + i]),
    ),
  );
const classesOf = ({ train, validation, test }: FewShotDataset) =>
  [train, validation, test].map(({ classes }) => classes.join(''));

describe('image folders for few-shot learning', () => {
  test('train/, val/ and test/ of other classes each are the division', async () => {
    const folder = await folderOf({
      ...files('train', 'da'),
      ...files('val', 'cz'),
      ...files('test', 'be', 3),
    });
    const set = await open(folder);
    expect(classesOf(set)).toEqual(['ad', 'cz', 'be']);
    expect([set.train.count, set.validation.count, set.test.count]).toEqual([4, 4, 6]);
    expect(set.shape).toEqual([3, 4, 3]);
    expect(set.test.nameOf?.(4)).toBe(join(folder, 'test/e/1.png'));
    // The pixels are those of the file.
    const one = await open(folder, { options: { classes: ['a', 'z', 'e'] } });
    expect(classesOf(one)).toEqual(['a', 'z', 'e']);
    expect(await readImages(one.test as Split, [1])).toEqual(await readImages(set.test as Split, [4]));
  });

  test.each(['test', 'val'])('train/ and %s/ of other classes: some to train on validate', async (name) => {
    const folder = await folderOf({ ...files('train', 'abcdefghij'), ...files(name, 'xyz') });
    const set = await open(folder);
    expect(set.test.classes).toEqual(['x', 'y', 'z']);
    expect([set.train.classes.length, set.validation.classes.length]).toEqual([5, 5]);
  });

  test('the same classes in train/ and test/: all images of a class are its own', async () => {
    const folder = await folderOf({
      ...files('train', 'abcdef'),
      ...files('val', 'abcdef', 1),
      ...files('test', 'abcdef', 3),
    });
    const set = await open(folder);
    expect(classesOf(set).map(({ length }) => length)).toEqual([2, 2, 2]);
    expect([...classesOf(set).join('')].sort().join('')).toBe('abcdef');
    expect(set.test.count).toBe(12);
    expect(
      new Set(set.test.classes.flatMap((_, label) => set.test.labels.filter((of) => of === label).length)),
    ).toEqual(new Set([6]));
  });

  test('class folders alone; a division by names, and by seed', async () => {
    const folder = await folderOf(files('', 'abcdefgh'));
    const named = await open(folder, { division: { train: ['g', 'b'], validation: ['a'], test: ['c'] } });
    expect(classesOf(named)).toEqual(['bg', 'a', 'c']);
    const byNumber = (seed: number) => open(folder, { division: { validation: 2, test: 3, seed } });
    expect(classesOf(await byNumber(1)).map(({ length }) => length)).toEqual([3, 2, 3]);
    expect(classesOf(await byNumber(1))).toEqual(classesOf(await byNumber(1)));
    expect(classesOf(await byNumber(1))).not.toEqual(classesOf(await byNumber(2)));
    await expect(open(folder, { division: { train: ['a'], test: ['a'] } })).rejects.toMatchObject({
      code: 'EPISODE_CLASS_TWICE',
    });
  });

  test('a division in place of the folders’ own', async () => {
    const folder = await folderOf({ ...files('train', 'ab'), ...files('val', 'cd'), ...files('test', 'ef') });
    const set = await open(folder, { division: { train: ['a', 'f'], validation: ['c'], test: ['b'] } });
    expect(classesOf(set)).toEqual(['af', 'c', 'b']);
    expect(set.train.nameOf?.(3)).toBe(join(folder, 'test/f/1.png'));
  });

  test('one class in two of them is refused', async () => {
    const folder = await folderOf({
      ...files('train', 'abc'),
      ...files('val', 'de'),
      ...files('test', 'ec'),
    });
    await expect(open(folder)).rejects.toMatchObject({ code: 'EPISODE_SHARED_CLASS' });
    const other = await folderOf({ ...files('train', 'abc'), ...files('val', 'de'), ...files('test', 'ef') });
    await expect(open(other)).rejects.toMatchObject({
      code: 'EPISODE_SHARED_CLASS',
      data: { class: 'e' },
    });
    await expect(open(await folderOf(files('', 'ab')))).rejects.toMatchObject({
      code: 'EPISODE_TOO_FEW_CLASSES',
    });
  });

  test('Tiny ImageNet as published: images to test on are listed, and test/ has no classes', async () => {
    const folder = await folderOf({
      ...files('train', 'abc'),
      'val/images/1.png': 9,
      'val/val_annotations.txt': '1.png\tb\t0\t0\t1\t1\n',
      'test/images/2.png': 8,
    });
    const set = await open(folder);
    expect(set.train.count + set.validation.count + set.test.count).toBe(7);
  });

  test('a corrupt file is told by its name, or left out', async () => {
    const folder = await folderOf({ ...files('', 'abc'), 'b/9.png': 'no image' });
    await expect(open(folder)).rejects.toMatchObject({
      code: 'DATASET_BAD_IMAGE',
      data: { file: join(folder, 'b/9.png') },
    });
    const codes: string[] = [];
    const set = await open(folder, {
      options: { skipCorrupt: true },
      onWarning: ({ code }) => codes.push(code),
    });
    expect(codes).toEqual(['DATASET_SKIPPED']);
    expect(set.train.count + set.validation.count + set.test.count).toBe(6);
  });

  test('images are decoded once, whatever the division, and read from the cache where they do not fit', async () => {
    const folder = await folderOf(files('', 'abcdef', 4));
    const cache = join(folder, '.cache');
    const phases = async (options: EpisodesOptions) => {
      const met = new Set<string>();
      const set = await open(folder, { cache, ...options, onProgress: ({ phase }) => met.add(phase) });
      const { values } = await readPool(set.test, [0, set.test.count - 1]);
      await set.close?.();
      return { decodes: met.has('decoding'), values, classes: classesOf(set) };
    };
    const first = await phases({});
    const again = await phases({});
    const stored = await phases({ memory: 10 });
    expect([first.decodes, again.decodes, stored.decodes]).toEqual([true, false, false]);
    expect(again).toEqual({ ...first, decodes: false });
    expect(stored).toEqual(again);
    expect((await phases({ division: { test: ['a'] } })).decodes).toBe(false);
    expect((await readdir(cache)).filter((name) => name.endsWith('.images'))).toHaveLength(1);
    await addTo(folder, { 'a/new.png': 77 });
    expect((await phases({})).decodes).toBe(true);
  });
});

describe('any data set', () => {
  const pools = ['train', 'validation', 'test'].map((name) => poolOfCounts([2, 3, 2, 2, 2], name)) as never[];

  test('a reader that says nothing of few-shot learning is divided by seed, and closed where it cannot be', async () => {
    let closed = 0;
    const [train] = pools as unknown as [Split & { classes: readonly string[] }];
    const reader: DatasetSource = {
      open: async () => ({
        name: 'plain',
        shape: train.shape,
        classes: train.classes,
        train,
        test: train,
        close: async () => void closed++,
      }),
    };
    const set = await openEpisodes(reader, platform, undefined);
    expect(set.train.classes.length + set.validation.classes.length + set.test.classes.length).toBe(5);
    await expect(openEpisodes(reader, platform, undefined, { division: { train: 5 } })).rejects.toMatchObject(
      {
        code: 'EPISODE_TOO_FEW_CLASSES',
      },
    );
    expect(closed).toBe(1);
    await set.close?.();
    expect(closed).toBe(2);
  });

  test('a reader whose parts share a class is refused', async () => {
    const [train, validation] = pools;
    const reader = {
      episodes: async () => ({ name: 'bad', shape: [1, 1, 1], train, validation, test: train }),
    } as unknown as DatasetSource;
    await expect(openEpisodes(reader, platform, undefined)).rejects.toMatchObject({
      code: 'EPISODE_SHARED_CLASS',
    });
  });
});
