import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { describe, expect, test } from 'vitest';
import { makeTar } from '../archive/make-tar.fixture';
import { folderOf } from '../files/files.fixture';
import { pickleOf, text } from '../pickle/pickle.fixture';
import { CIFAR_FS, FC100, FINE_CLASSES, superclassOf } from './cifar-classes';
import { allOf, baseOf, bytesOf, contentsOf, episodesOf, sourceOf } from './few-shot.fixture';

const parts = ['train', 'validation', 'test'] as const;

describe('the published divisions', () => {
  test.each([
    ['cifar-fs', CIFAR_FS, [64, 16, 20]],
    ['fc100', FC100, [60, 20, 20]],
  ] as const)('%s: every class in one part', (_, division, counts) => {
    expect(parts.map((part) => division[part].length)).toEqual(counts);
    expect(parts.flatMap((part) => division[part]).sort()).toEqual(FINE_CLASSES);
  });

  test('100 classes in 20 superclasses of five', () => {
    expect(FINE_CLASSES).toHaveLength(100);
    const groups = FINE_CLASSES.map(superclassOf);
    expect(new Set(groups).size).toBe(20);
    for (const group of new Set(groups)) expect(groups.filter((each) => each === group)).toHaveLength(5);
    // Some of the numbers of fine_label_names.txt.
    expect([0, 1, 41, 99].map((number) => FINE_CLASSES[number])).toEqual([
      'apple',
      'aquarium_fish',
      'lawn_mower',
      'worm',
    ]);
  });

  test('fc100: no superclass in two parts', () => {
    const groups = parts.map((part) => new Set(FC100[part].map(superclassOf)));
    expect(groups.map(({ size }) => size)).toEqual([12, 4, 4]);
    expect(new Set(groups.flatMap((own) => [...own])).size).toBe(20);
  });
});

/** So many images of every class: the byte of each is its number. */
function records(each: number, first: number): Uint8Array {
  const all = new Uint8Array(100 * each * 3074);
  for (let index = 0; index < 100 * each; index++) {
    const at = index * 3074;
    all[at + 1] = index % 100;
    all.fill(first + Math.floor(index / 100), at + 2, at + 3074);
  }
  return all;
}

const binaries = {
  'train.bin': records(3, 1),
  'test.bin': records(1, 50),
  'fine_label_names.txt': FINE_CLASSES.join('\n'),
  'coarse_label_names.txt': 'x',
};

describe('CIFAR-100’s own files', () => {
  test.each([
    ['cifar-fs', CIFAR_FS],
    ['fc100', FC100],
  ] as const)('%s: the images of both files, by class', async (name, division) => {
    const folder = await folderOf(binaries);
    const source = sourceOf(name, { subset: true });
    expect(await source.detect!(platform, folder)).toEqual({ folder, isGuess: true });
    const opened = await episodesOf(source, folder);
    for (const part of parts) {
      const pool = opened[part];
      expect(pool.classes).toEqual([...division[part]].sort());
      expect(pool.groups).toEqual(pool.classes.map(superclassOf));
      expect(pool.count).toBe(4 * division[part].length);
    }
    const contents = await contentsOf(opened.test);
    expect(contents.filter((each) => each.startsWith('woman '))).toEqual([
      'woman 1',
      'woman 2',
      'woman 3',
      'woman 50',
    ]);
    const base = await baseOf(source, folder);
    expect([base.classes, base.train.count, base.test.count]).toEqual([
      opened.train.classes,
      3 * base.classes.length,
      base.classes.length,
    ]);
  });

  test('in the published archive', async () => {
    const files = Object.entries(binaries).map(
      ([name, of]) => [`cifar-100-binary/${name}`, typeof of === 'string' ? text(of) : of] as const,
    );
    const folder = await folderOf({
      'cifar-100-binary.tar': await makeTar(files.map(([name, of]) => [name, of])),
    });
    const opened = await episodesOf(
      sourceOf('fc100', { subset: true }),
      join(folder, 'cifar-100-binary.tar'),
    );
    expect(opened.validation.count).toBe(80);
  });

  test('cut files, other names, another size', async () => {
    const folder = await folderOf(binaries);
    await expect(episodesOf(sourceOf('cifar-fs'), folder)).rejects.toMatchObject({
      code: 'DATASET_BAD_COUNT',
    });
    const names = ['apple', 'pear', ...FINE_CLASSES.slice(2)].join('\n');
    const renamed = await folderOf({ ...binaries, 'fine_label_names.txt': names });
    await expect(episodesOf(sourceOf('cifar-fs', { subset: true }), renamed)).rejects.toMatchObject({
      code: 'DATASET_BAD_NAMES',
      message: expect.stringContaining('class 1 is "pear"; in CIFAR-100 it is "aquarium_fish"'),
    });
    const small = await episodesOf(sourceOf('cifar-fs', { subset: true, size: 28 }), folder);
    expect([small.shape, (await contentsOf(small.test))[0]]).toEqual([[28, 28, 3], 'baby 1']);
  });
});

describe('pickles', () => {
  const pickled = (labels: readonly number[], first: number) =>
    pickleOf({
      data: { shape: [labels.length, 4, 4, 3], values: bytesOf(labels.length, [4, 4, 3], first) },
      labels: [...labels],
    });
  const numbers = (names: readonly string[]) => names.map((name) => FINE_CLASSES.indexOf(name));

  test('numbers that are those of the published classes get their names', async () => {
    const folder = await folderOf({
      'FC100_train.pickle': pickled(numbers(FC100.train), 0),
      'FC100_val.pickle': pickled(numbers(FC100.validation), 0),
      'FC100_test.pickle': pickled([0, 1, 1, 2], 7),
    });
    const source = sourceOf('fc100', { size: 4 });
    expect(await source.detect!(platform, folder)).toEqual({ folder, isGuess: false });
    const opened = await episodesOf(source, folder);
    expect([opened.train.classes, opened.train.groups?.length]).toEqual([FC100.train, 60]);
    expect(opened.validation.groups).toEqual(opened.validation.classes.map(superclassOf));
    expect(opened.test.groups).toBeUndefined();
    expect((await allOf(opened)).test).toEqual(['test/0 7', 'test/1 8', 'test/1 9', 'test/2 10']);
  });

  test('cifar-fs', async () => {
    const folder = await folderOf({
      'CIFAR_FS_train.pickle': pickled(numbers(CIFAR_FS.train), 0),
      'CIFAR_FS_val.pickle': pickled(numbers(CIFAR_FS.validation), 0),
      'CIFAR_FS_test.pickle': pickled(numbers(CIFAR_FS.test), 0),
    });
    const opened = await episodesOf(sourceOf('cifar-fs', { size: 4 }), folder);
    expect(opened.test.classes).toEqual(CIFAR_FS.test);
  });
});

describe('images in class folders', () => {
  const files = {
    'cifar100/data/bed/1.png': 1,
    'cifar100/data/apple/2.png': 2,
    'cifar100/data/otter/3.png': 3,
    'cifar100/data/baby/4.png': 4,
    'cifar100/splits/bertinetto/train.txt': 'bed\napple\n',
    'cifar100/splits/bertinetto/val.txt': 'otter',
    'cifar100/splits/bertinetto/test.txt': '\nbaby\r\n',
  };
  const source = sourceOf('cifar-fs', { size: 4 });

  test('and lists of classes, as the authors of CIFAR-FS have them', async () => {
    const folder = await folderOf(files);
    expect(await source.detect!(platform, folder)).toEqual({
      folder: join(folder, 'cifar100'),
      isGuess: false,
    });
    const { train, validation, test: tested } = await episodesOf(source, folder);
    expect([train.classes, train.groups, validation.classes, tested.classes]).toEqual([
      ['apple', 'bed'],
      ['fruit_and_vegetables', 'household_furniture'],
      ['otter'],
      ['baby'],
    ]);
  });

  test('lists that name no folder, nothing, or a class twice', async () => {
    const open = async (more: Record<string, string>) =>
      episodesOf(source, await folderOf({ ...files, ...more }));
    const list = (name: string) => `cifar100/splits/bertinetto/${name}.txt`;
    await expect(open({ [list('val')]: 'otter\nwolf\n' })).rejects.toMatchObject({
      code: 'DATASET_BAD_ROW',
      data: { line: 2 },
    });
    await expect(open({ [list('val')]: '\n' })).rejects.toMatchObject({ code: 'DATASET_BAD_ROW' });
    await expect(open({ [list('val')]: '../data/otter\n' })).rejects.toMatchObject({
      code: 'DATASET_BAD_ROW',
    });
    await expect(open({ [list('test')]: 'bed\n' })).rejects.toMatchObject({ code: 'EPISODE_SHARED_CLASS' });
  });

  test('the parts apart; groups are those of CIFAR-100’s classes alone', async () => {
    const own = { 'train/bed/1.png': 1, 'val/otter/2.png': 2, 'test/my own/3.png': 3 };
    const { train, test: tested } = await episodesOf(source, await folderOf(own));
    expect([train.groups, tested.groups]).toEqual([['household_furniture'], undefined]);
  });
});

const data = process.env.NEUSIM_DATA;

describe('the real files (NEUSIM_DATA names their folder)', () => {
  test
    .skipIf(data === undefined || !existsSync(join(data, 'cifar-100')))
    .each(['cifar-fs', 'fc100'] as const)(
    '%s: 600 images of every class, whose superclass is the one of the records',
    async (name) => {
      const opened = await episodesOf(sourceOf(name), data);
      const pools = parts.map((part) => opened[part]);
      for (const { labels, classes } of pools) {
        const counts = new Int32Array(classes.length);
        for (const label of labels) counts[label]!++;
        expect(new Set(counts)).toEqual(new Set([600]));
      }
      expect(pools.flatMap(({ classes }) => [...classes]).sort()).toEqual(FINE_CLASSES);
      const folder = join(data!, 'cifar-100');
      const coarse = (await platform.readText(join(folder, 'coarse_label_names.txt'))).trim().split(/\r?\n/);
      const records = await platform.readFile(join(folder, 'test.bin'));
      for (let at = 0; at < records.length; at += 3074)
        expect(superclassOf(FINE_CLASSES[records[at + 1]!]!)).toBe(coarse[records[at]!]);
    },
  );
});
