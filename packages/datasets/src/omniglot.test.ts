import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { contents, folderOf, openFolder } from './files/files.fixture';
import datasets from './index';

const registry = createRegistry(datasets);
const source = (options: object = {}) => registry.make('dataset', 'omniglot', { size: [3, 4], ...options });

const characters = (set: string, alphabet: string, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, c) =>
      Array.from({ length: 20 }, (_, d) => {
        const drawer = String(d + 1).padStart(2, '0');
        return [`${set}/${alphabet}/character0${c + 1}/000${c}_${drawer}.png`, c * 20 + d] as const;
      }),
    ).flat(),
  );
const files = {
  ...characters('images_background', 'Greek', 2),
  ...characters('images_background', 'Arcadian', 1),
  ...characters('images_evaluation', 'Tengwar', 1),
};
const drawersOf = (names: readonly string[]) => [
  ...new Set(names.map((name) => /_(\d\d)\.png/.exec(name)?.[1])),
];

describe('omniglot', () => {
  test('characters are classes, the last 4 drawers are tested on, 1 channel', async () => {
    const folder = await folderOf(files);
    const set = await openFolder(source(), folder);
    expect(set.shape).toEqual([3, 4, 1]);
    expect(set.classes).toEqual(['Arcadian/character01', 'Greek/character01', 'Greek/character02']);
    expect([set.train.count, set.test.count]).toEqual([48, 12]);
    expect(drawersOf(contents(set, set.test, folder))).toEqual(['17', '18', '19', '20']);
    expect(contents(set, set.test, folder)[11]).toBe(
      'images_background/Greek/character02/0001_20.png Greek/character02',
    );
  });

  test('alphabets as classes, of both sets, some of them, drawers by a seed', async () => {
    const folder = await folderOf(files);
    const options = { classes: 'alphabet', set: 'both', testDrawers: 3, seed: 5 };
    const set = await openFolder(source(options), folder);
    expect(set.classes).toEqual(['Arcadian', 'Greek', 'Tengwar']);
    expect([set.train.count, set.test.count]).toEqual([68, 12]);
    const drawers = drawersOf(contents(set, set.test, folder));
    expect(drawers).toHaveLength(3);
    expect(drawers).not.toEqual(['18', '19', '20']);
    const some = await openFolder(source({ ...options, alphabets: ['Tengwar', 'Greek'] }), folder);
    expect(some.classes).toEqual(['Greek', 'Tengwar']);
  });

  test('a set that is missing, an empty character, a drawing without its drawer', async () => {
    const folder = await folderOf(characters('images_background', 'Greek', 1));
    await expect(openFolder(source({ set: 'evaluation' }), folder)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    });
    await expect(openFolder(source({ set: 'both' }), folder)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    });
    const empty = await folderOf({ ...files, 'images_background/Greek/character09/notes.txt': 'x' });
    await expect(openFolder(source(), empty)).rejects.toMatchObject({
      code: 'DATASET_EMPTY_CLASS',
      data: { class: 'Greek/character09' },
    });
    const named = await folderOf({ ...files, 'images_background/Greek/character01/0000_21.png': 1 });
    await expect(openFolder(source(), named)).rejects.toMatchObject({ code: 'DATASET_BAD_NAMES' });
  });
});
