import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { addTo, folderOf } from '../files/files.fixture';
import type { DatasetPlatform } from '../types';
import { openOfficialRuns } from './official-runs';

const two = (number: number) => String(number).padStart(2, '0');
/** Images of three bytes: 800 files that decode at once. */
const plain: DatasetPlatform = {
  ...platform,
  decodeImage: async (bytes) => ({ width: 1, height: 1, channels: 3, data: bytes.slice(0, 3) }),
};
const open = (path: string) => openOfficialRuns(plain, path, { size: 1, channels: 3 }, { cache: false });

/** In run r item i is of class ((i + r) mod 20) + 1. */
const labels = (run: number) =>
  Array.from(
    { length: 20 },
    (_, i) =>
      `run${two(run)}/test/item${two(i + 1)}.png run${two(run)}/training/class${two(((i + run) % 20) + 1)}.png`,
  ).join('\n');

function runs(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {};
  for (let run = 1; run <= 20; run++) {
    files[`run${two(run)}/class_labels.txt`] = `${labels(run)}\n`;
    for (let i = 1; i <= 20; i++) {
      files[`run${two(run)}/training/class${two(i)}.png`] = Uint8Array.of(run, i, 0);
      files[`run${two(run)}/test/item${two(i)}.png`] = Uint8Array.of(run, i, 1);
    }
  }
  return files;
}
const zipped = (files = runs()) =>
  zipSync(
    Object.fromEntries(
      Object.entries(files).map(([name, of]) => [
        name,
        typeof of === 'string' ? new TextEncoder().encode(of) : of,
      ]),
    ) as Zippable,
  );

describe('the official one-shot runs', () => {
  test('20 tasks of 20 classes with one image to learn from and one to be told', async () => {
    const folder = await folderOf(runs());
    const { pool, episodes } = await open(folder);
    expect([pool.count, pool.classes.length, episodes.length]).toEqual([800, 400, 20]);
    expect(pool.shape).toEqual([1, 1, 3]);
    expect([...(pool.images as Uint8Array).subarray(0, 6)]).toEqual([1, 1, 0, 1, 20, 1]);
    const nameOf = (index: number) => pool.nameOf?.(index).slice(folder.length + 1);
    const { classes, support, query } = episodes[2]!;
    expect(Array.from(classes, (label) => pool.classes[label])).toEqual(
      Array.from({ length: 20 }, (_, i) => `run03/class${two(i + 1)}`),
    );
    for (let i = 0; i < 20; i++) {
      expect(nameOf(support[i]!)).toBe(`run03/training/class${two(i + 1)}.png`);
      // Class i + 1 is shown by item j with (j + 3) mod 20 = i.
      expect(nameOf(query[i]!)).toBe(`run03/test/item${two(((i - 3 + 20) % 20) + 1)}.png`);
      expect([pool.labels[support[i]!], pool.labels[query[i]!]]).toEqual([classes[i], classes[i]]);
    }
  });

  test('the archive, by its path or in its folder', async () => {
    const folder = await folderOf({ 'all_runs.zip': zipped() });
    const { pool, episodes } = await open(folder);
    expect(await open(join(folder, 'all_runs.zip'))).toEqual({ pool: expect.anything(), episodes });
    expect([pool.count, episodes.length]).toEqual([800, 20]);
    expect(pool.nameOf?.(1)).toContain('all_runs.zip/run01/test/item20.png');
    expect([...(pool.images as Uint8Array).subarray(0, 6)]).toEqual([1, 1, 0, 1, 20, 1]);
  });

  test('what is missing or wrong is told', async () => {
    await expect(open(await folderOf({ 'a.txt': 'x' }))).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    const { 'run07/test/item03.png': _, ...others } = runs();
    const folder = await folderOf({ 'all_runs.zip': zipped(others) });
    await expect(open(folder)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
    const openWith = async (text: string) => {
      await addTo(folder, { 'all_runs.zip': zipped({ ...runs(), 'run02/class_labels.txt': text }) });
      return open(folder);
    };
    const bad = (line: number) => ({ code: 'DATASET_BAD_ROW', data: { line } });
    await expect(openWith(labels(2).replace('item05', 'item04'))).rejects.toMatchObject(bad(5));
    await expect(openWith(labels(2).split('\n').slice(1).join('\n'))).rejects.toMatchObject(bad(1));
    await expect(openWith(labels(3))).rejects.toMatchObject(bad(1));
    await expect(openOfficialRuns(platform, folder, { size: -1 } as never)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
