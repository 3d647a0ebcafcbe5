import * as platform from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { divideNames } from '../episodes/divide-classes';
import { drawEpisode } from '../episodes/draw-episode';
import { type EpisodesOptions, openEpisodes } from '../episodes/open-episodes';
import { readPool } from '../episodes/read-pool';
import type { ClassPool, FewShotDataset } from '../episodes/types';
import { folderOf } from '../files/files.fixture';
import datasets from '../index';
import { divisionOf } from './divide';

const registry = createRegistry(datasets);
const open = (folder: string, options: object = {}, more: EpisodesOptions = {}) =>
  openEpisodes(registry.make('dataset', 'omniglot', { size: 4, ...options }), platform, folder, {
    cache: false,
    ...more,
  });

const drawings = (set: string, alphabet: string, characters: number, seed: number) =>
  Object.fromEntries(
    Array.from({ length: characters * 3 }, (_, i) => {
      const [character, drawer] = [Math.floor(i / 3) + 1, (i % 3) + 1];
      const name = `character0${character}/00${character}_0${drawer}.png`;
      return [`images_${set}/${alphabet}/${name}`, seed * 40 + i] as const;
    }),
  );
const files = {
  ...drawings('background', 'Greek', 4, 0),
  ...drawings('background', 'Arcadian', 3, 1),
  ...drawings('background', 'Latin', 3, 2),
  ...drawings('evaluation', 'Tengwar', 3, 3),
  ...drawings('evaluation', 'Angelic', 2, 4),
};
const parts = ({ train, validation, test }: FewShotDataset) => [train, validation, test];
const characterOf = (name: string) => name.split('/').slice(0, 2).join('/');
const imagesOf = (pool: ClassPool, name: string) =>
  readPool(
    pool,
    [...pool.labels.keys()].filter((index) => pool.classes[pool.labels[index]!] === name),
  );

describe('omniglot for few-shot learning', () => {
  test('the numbers of Vinyals et al. and Snell et al.: 1,028, 172 and 423 of 1,623 characters', () => {
    const names = Array.from({ length: 1623 }, (_, i) => `c${i}`);
    const { train, validation, test: tested } = divideNames(names, divisionOf('vinyals', [], [], 0));
    expect([train.length, validation.length, tested.length]).toEqual([1028, 172, 423]);
  });

  test('vinyals: all characters of both sets, four rotations of each in the same part', async () => {
    const set = await open(await folderOf(files));
    expect(set.shape).toEqual([4, 4, 1]);
    const classes = parts(set).map((part) => part.classes);
    expect(classes.flat().length).toBe(60);
    const characters = classes.map((names) => new Set(names.map(characterOf)));
    expect(characters.map((of) => of.size)).toEqual(classes.map((of) => of.length / 4));
    expect(new Set(characters.flatMap((of) => [...of])).size).toBe(15);
    expect(characters.reduce((sum, of) => sum + of.size, 0)).toBe(15);
    for (const part of parts(set)) {
      expect(part.groups).toEqual(part.classes.map((name) => name.split('/')[0]));
      expect(part.count).toBe(part.classes.length * 3);
    }
    const another = await open(await folderOf(files), { seed: 9 });
    expect(parts(another).map((part) => part.classes)).not.toEqual(classes);
  });

  test('a rotation is the image, turned against the clock', async () => {
    const set = await open(await folderOf(files));
    const [character] = set.train.classes.map(characterOf);
    const [still, quarter, half, three] = await Promise.all(
      ['000', '090', '180', '270'].map(async (angle) => imagesOf(set.train, `${character}/rot${angle}`)),
    );
    const at = (of: typeof still, image: number, row: number, column: number) =>
      of!.values[image * 16 + row * 4 + column];
    for (let image = 0; image < 3; image++)
      for (let row = 0; row < 4; row++)
        for (let column = 0; column < 4; column++) {
          const value = at(still, image, row, column);
          expect(at(quarter, image, 3 - column, row)).toBe(value);
          expect(at(half, image, 3 - row, 3 - column)).toBe(value);
          expect(at(three, image, column, 3 - row)).toBe(value);
        }
    expect(new Set(still!.values).size).toBeGreaterThan(3);
  });

  test('lake: alphabets of the evaluation set are tested on, some of the background validate', async () => {
    const set = await open(await folderOf(files), { split: 'lake' });
    const alphabets = parts(set).map(({ groups }) => [...new Set(groups)]);
    expect(alphabets.map((of) => of.length)).toEqual([2, 1, 2]);
    expect(alphabets[2]).toEqual(['Angelic', 'Tengwar']);
    expect(set.test.classes[0]).toBe('Angelic/character01');
    const { classes } = drawEpisode(set.test, { way: 2, shot: 1, query: 2, seed: 0, within: 'group' }, 3);
    expect(set.test.groups?.[classes[0]!]).toBe(set.test.groups?.[classes[1]!]);
    const turned = await open(await folderOf(files), { split: 'lake', rotations: true });
    expect(turned.test.classes.length).toBe(20);
  });

  test('lists as published; lines without a rotation, and rotations that are not wanted', async () => {
    const lists = { train: 'lists/train.txt', validation: 'lists/val.txt', test: 'lists/test.txt' };
    const folder = await folderOf({
      ...files,
      'lists/train.txt': 'Greek/character01/rot000\nGreek/character01/rot090\r\nLatin/character02/rot270\n\n',
      'lists/val.txt': 'Tengwar/character03/rot000\n',
      'lists/test.txt': 'Arcadian/character02\n',
      'twice.txt': 'Greek/character01/rot000\nGreek/character01\n',
      'strange.txt': 'Greek/character01\nGreek/character77/rot000\n',
      'angle.txt': 'Greek/character01/rot045\n',
      'empty.txt': '\n',
      'turned.txt': 'Arcadian/character02/rot090\n',
    });
    const set = await open(folder, { lists });
    expect(parts(set).map((part) => part.classes)).toEqual([
      ['Greek/character01/rot000', 'Greek/character01/rot090', 'Latin/character02/rot270'],
      ['Tengwar/character03/rot000'],
      ['Arcadian/character02/rot000'],
    ]);
    const still = await open(folder, { lists, rotations: false });
    expect(parts(still).map((part) => part.classes.length)).toEqual([1, 1, 1]);
    expect(still.train.classes).toEqual(['Greek/character01']);
    const turned = await open(folder, { lists, rotations: true });
    expect(turned.test.classes.length).toBe(4);
    const refused = (file: string) => open(folder, { lists: { ...lists, train: file } });
    await expect(refused('twice.txt')).rejects.toMatchObject({ code: 'EPISODE_BAD_DIVISION' });
    await expect(refused('strange.txt')).rejects.toMatchObject({
      code: 'DATASET_BAD_ROW',
      data: { line: 2 },
    });
    await expect(refused('angle.txt')).rejects.toMatchObject({ code: 'DATASET_BAD_ROW' });
    await expect(refused('empty.txt')).rejects.toMatchObject({ code: 'EPISODE_BAD_DIVISION' });
    await expect(refused('none.txt')).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    await expect(refused('turned.txt')).rejects.toMatchObject({
      code: 'EPISODE_SHARED_CLASS',
      message: expect.stringContaining('Arcadian/character02'),
    });
    await expect(refused('lists/test.txt')).rejects.toMatchObject({ code: 'EPISODE_SHARED_CLASS' });
  });

  test('another division keeps the rotations of a character together', async () => {
    const division = { by: 'group', train: ['Greek'], validation: ['Angelic'], test: 2 } as const;
    const set = await open(await folderOf(files), {}, { division });
    expect([...new Set(set.train.groups)]).toEqual(['Greek']);
    expect(set.train.classes.length).toBe(16);
    expect(new Set(set.test.groups).size).toBe(2);
    const byName = await open(await folderOf(files), {}, { division: { test: ['Latin/character01'] } });
    expect(byName.test.classes).toEqual(
      ['rot000', 'rot090', 'rot180', 'rot270'].map((angle) => `Latin/character01/${angle}`),
    );
  });

  test('one set alone; images that are not square', async () => {
    const folder = await folderOf(drawings('background', 'Greek', 9, 0));
    await expect(open(folder)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    await expect(open(folder, { set: 'background', split: 'lake' })).rejects.toMatchObject({
      code: 'EPISODE_BAD_DIVISION',
    });
    expect((await open(folder, { set: 'background', rotations: false })).train.classes.length).toBe(6);
    await expect(open(folder, { set: 'background', size: [4, 5] })).rejects.toMatchObject({
      code: 'EPISODE_NOT_SQUARE',
    });
  });
});
