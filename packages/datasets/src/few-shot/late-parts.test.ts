// Parts of few-shot data that are decoded when they are read, and not before.

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openEpisodes } from '../episodes/open-episodes';
import { requireEpisodes } from '../episodes/require-episodes';
import { folderOf } from '../files/files.fixture';
import { pickleOf } from '../pickle/pickle.fixture';
import { countingPlatform, pngOf } from '../store/images.fixture';
import type { FewShotOpenOptions, OpenProgress } from '../types';
import { allOf, contentsOf, sourceOf } from './few-shot.fixture';

const csv = (...rows: string[]) => ['filename,label', ...rows, ''].join('\n');
const files = {
  'train.csv': csv('1.png,n02', '2.png,n01', '3.png,n02', '4.png,n01'),
  'val.csv': csv('5.png,n03', '6.png,n04'),
  'test.csv': csv('7.png,n05', '8.png,n06', '9.png,n05'),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`images/${i + 1}.png`, i + 1])),
};

async function setup(
  more: Readonly<Record<string, string | number | Uint8Array>> = {},
  options: object = {},
) {
  const [folder, cache] = [await folderOf({ ...files, ...more }), await folderOf({})];
  const { counter, platform: counting } = countingPlatform();
  const source = sourceOf('mini-imagenet', { size: [3, 4], ...options });
  const open = async (given: FewShotOpenOptions & { division?: object } = {}) => {
    const opened = await openEpisodes(source, counting, folder, { cache, ...given });
    onTestFinished(async () => opened.close?.());
    return opened;
  };
  return { counter, open, cache };
}

describe('images of parts that may never be read', () => {
  test('are decoded by the first read of their part, once, into the same cache', async () => {
    const { counter, open } = await setup();
    const late = await open({ parts: ['test'] });
    expect(counter.decoded).toBe(3);
    const { train, validation } = late;
    expect([train.count, train.shape, train.classes, [...train.labels]]).toEqual([
      4,
      [3, 4, 3],
      ['n01', 'n02'],
      [1, 0, 1, 0],
    ]);
    expect(train.nameOf?.(2)).toMatch(/3\.png$/);
    requireEpisodes(train, { way: 2, shot: 1, query: 1, seed: 1 });
    expect(counter.decoded).toBe(3);
    const [first, again] = await Promise.all([contentsOf(train), contentsOf(train)]);
    expect(first).toEqual(again);
    expect(counter.decoded).toBe(7);
    await contentsOf(validation);
    expect(counter.decoded).toBe(9);
    const all = await allOf(late);
    const whole = await open();
    expect(counter.decoded).toBe(9);
    expect(await allOf(whole)).toEqual(all);
  });

  test('all are decoded at once where nobody says which are read', async () => {
    const { counter, open } = await setup();
    await open();
    expect(counter.decoded).toBe(9);
  });

  test('with another division, any may be: none is decoded before it is read', async () => {
    const { counter, open } = await setup();
    const division = { train: ['n05', 'n01'], validation: ['n02', 'n06'], test: ['n03', 'n04'] };
    const divided = await open({ parts: ['test'], division });
    expect(counter.decoded).toBe(0);
    expect(await contentsOf(divided.test)).toHaveLength(2);
    expect(counter.decoded).toBe(2);
  });

  test('a class in two parts is told when it is opened; an image that does not decode, when it is read', async () => {
    const shared = await setup({ 'train.csv': csv('1.png,n05', '2.png,n01') });
    await expect(shared.open({ parts: ['test'] })).rejects.toMatchObject({ code: 'EPISODE_SHARED_CLASS' });
    const broken = await setup({ 'images/3.png': 'no picture' });
    await expect(broken.open()).rejects.toMatchObject({ code: 'DATASET_BAD_IMAGE' });
    const { train, test: tested } = await broken.open({ parts: ['test'] });
    for (let i = 0; i < 2; i++)
      await expect(contentsOf(train)).rejects.toMatchObject({ code: 'DATASET_BAD_IMAGE' });
    expect(await contentsOf(tested)).toHaveLength(3);
  });

  test('with skipCorrupt all are decoded at once: their number is that of those that do', async () => {
    const { counter, open } = await setup({ 'images/3.png': 'no picture' }, { skipCorrupt: true });
    const { train } = await open({ parts: ['test'] });
    expect([train.count, counter.decoded]).toEqual([3, 9]);
  });

  test('what is read first gets the memory first', async () => {
    const { open, cache } = await setup();
    const bytes = 3 * 4 * 3;
    const isHeld = ({ images }: { images: unknown }) => images instanceof Uint8Array;
    expect(isHeld((await open({ parts: ['test'], memory: 3 * bytes })).test)).toBe(true);
    expect(isHeld((await open({ memory: 3 * bytes })).test)).toBe(false);
    const late = await open({ parts: [], memory: 3 * bytes });
    const [tested, trained] = [await contentsOf(late.test), await contentsOf(late.train)];
    for (const name of await readdir(cache))
      if (name.endsWith('.images')) await writeFile(join(cache, name), new Uint8Array(10_000));
    // What is held needs no file.
    expect([tested.length, trained.length]).toEqual([3, 4]);
    expect(await contentsOf(late.test)).toEqual(tested);
    await expect(contentsOf(late.train)).rejects.toMatchObject({ code: 'DATASET_CACHE_DAMAGED' });
    await expect(
      setup().then((one) => one.open({ parts: ['test'], cache: false, memory: 6 * bytes })),
    ).rejects.toMatchObject({ code: 'DATASET_TOO_LARGE' });
  });

  test('progress and the signal are theirs too; a read that was stopped is gone on with', async () => {
    const { counter, open } = await setup();
    const controller = new AbortController();
    let isLate = false;
    const onProgress = ({ phase, done }: OpenProgress) => {
      if (isLate && phase === 'decoding' && done === 2) controller.abort('enough');
    };
    const late = await open({ parts: ['test'], signal: controller.signal, onProgress });
    isLate = true;
    await expect(contentsOf(late.train)).rejects.toBe('enough');
    const { decoded } = counter;
    const again: OpenProgress[] = [];
    const next = await open({ parts: ['test'], onProgress: (progress) => again.push(progress) });
    expect(await contentsOf(next.train)).toHaveLength(4);
    // Two were kept.
    expect(counter.decoded).toBe(decoded + 2);
    expect(again.at(-1)).toEqual({ phase: 'reading', done: 4, total: 4 });
  });

  test('closed while it is read, or before', async () => {
    const { open } = await setup();
    const late = await open({ parts: ['test'] });
    const reading = contentsOf(late.train);
    await late.close!();
    await expect(reading).rejects.toMatchObject({ code: 'DATASET_CLOSED' });
    await expect(contentsOf(late.validation)).rejects.toMatchObject({ code: 'DATASET_CLOSED' });
  });
});

test('PNG files in a pickle, which stays open until they are decoded', async () => {
  const part = (name: string, first: number) => ({
    [`${name}_images_png.pkl`]: pickleOf([0, 1].map((i) => pngOf(first + i))),
    [`${name}_labels.pkl`]: pickleOf({ label_specific: [0, 1] }),
  });
  const folder = await folderOf({ ...part('train', 1), ...part('val', 3), ...part('test', 5) });
  const cache = await folderOf({});
  const { counter, platform: counting } = countingPlatform();
  const source = sourceOf('tiered-imagenet', { size: [3, 4] });
  const late = await openEpisodes(source, counting, folder, { cache, parts: ['validation'] });
  expect(counter.decoded).toBe(2);
  expect(await contentsOf(late.train)).toHaveLength(2);
  expect(counter.decoded).toBe(4);
  await late.close!();
  const whole = await openEpisodes(source, counting, folder, { cache });
  expect(counter.decoded).toBe(6);
  await whole.close!();
});
