import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as real from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { computeStatistics } from '../normalize';
import { firstImages, isInMemory, readImages, selectImages } from '../split';
import type { Dataset, DatasetPlatform, OpenOptions, Split } from '../types';
import type { EncodedDataset, ImageOptions } from './encoded';
import { broken, countingPlatform, encodedImage, encodedSet, imageOptions, pngOf } from './images.fixture';
import { openEncoded } from './open-encoded';
import { serveDecoder } from './serve-decoder';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'neusim-store-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

/** Bytes of a record: 3×4×3 pixels and the tail. */
const RECORD = 36 + 5;

async function open(
  encoded: EncodedDataset,
  options: OpenOptions & { platform?: DatasetPlatform; image?: Partial<ImageOptions> } = {},
) {
  const { platform = real, image, ...rest } = options;
  const counted = countingPlatform(platform === real ? {} : platform);
  const from = platform === real ? counted.platform : platform;
  const set = await openEncoded(from, encoded, { ...imageOptions, ...image }, { cache, ...rest });
  return { set, decoded: counted.counter.decoded };
}

const all = (split: Split) =>
  readImages(
    split,
    Array.from({ length: split.count }, (_, i) => i),
  );
const bytesOf = async ({ train, test }: Dataset) => [await all(train), await all(test)];
const files = async () => (await readdir(cache)).sort();
const imagesFile = async () =>
  join(cache, (await files()).find((name) => /\.images(\.partial)?$/.test(name)) ?? '');

/** What the images decode to, without a cache. */
const plainBytes = async (encoded: EncodedDataset) => bytesOf((await open(encoded, { cache: false })).set);

describe('a data set of encoded images', () => {
  test('7 + 3 images are decoded once; opened again, none is', async () => {
    const encoded = encodedSet(7, 3);
    const first = await open(encoded);
    expect(first.decoded).toBe(10);
    const { set, decoded } = await open(encoded);
    expect(decoded).toBe(0);
    expect(set.shape).toEqual([3, 4, 3]);
    expect([...set.train.labels]).toEqual([0, 1, 0, 1, 0, 1, 0]);
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
    expect(await bytesOf(first.set)).toEqual(await plainBytes(encoded));
    expect((await all(set.train)).subarray(36, 72)).toEqual(
      (await real.decodeImage(pngOf(1), { maxPixels: 99 })).data,
    );
    expect(set.statistics).toEqual(await computeStatistics(set.train));
    expect((await files()).map((name) => name.replace(/[0-9a-f]{16}/, 'KEY'))).toEqual([
      'made-KEY.images',
      'made-KEY.images.json',
    ]);
  });

  test('what passes the memory is read from the file, in any order, several at a time', async () => {
    const encoded = encodedSet(40, 5);
    const { set } = await open(encoded, { memory: 5 * 36 });
    expect([isInMemory(set.train), isInMemory(set.test)]).toEqual([false, true]);
    const [train] = await plainBytes(encoded);
    const image = (i: number) => train!.subarray(i * 36, i * 36 + 36);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(39), { maxLength: 30 }), { minLength: 1, maxLength: 3 }),
        async (reads) => {
          const found = await Promise.all(reads.map((indices) => readImages(set.train, indices)));
          expect(found.map((bytes) => [...bytes])).toEqual(
            reads.map((indices) => indices.flatMap((i) => [...image(i)])),
          );
        },
      ),
      { numRuns: 50 },
    );
    await set.close?.();
    await expect(readImages(set.train, [0])).rejects.toBeInstanceOf(NeusimError);
  });

  test('names follow the images into parts of a split', async () => {
    const { set } = await open(encodedSet(6, 2), { memory: 0 });
    expect(set.train.nameOf?.(4)).toBe('train/4.png');
    expect(selectImages(set.train, [5, 3]).nameOf?.(1)).toBe('train/3.png');
    expect(firstImages(set.test, 1).nameOf?.(0)).toBe('test/0.png');
    await set.close?.();
  });

  test.each([
    ['another size', { size: [4, 4] as const }],
    ['another fit', { fit: 'pad' as const }],
    ['one channel', { channels: 1 as const }],
    ['other bounds', { maxPixels: 100 }],
  ])('%s: decoded anew, beside the other', async (_, image) => {
    const encoded = encodedSet(2, 1);
    await open(encoded);
    expect((await open(encoded, { image })).decoded).toBe(3);
    expect(await files()).toHaveLength(4);
  });

  test('an image, a label, a class or a reader that changed: decoded anew', async () => {
    const encoded = encodedSet(2, 1);
    await open(encoded);
    const [first, second] = encoded.train;
    for (const changed of [
      { ...encoded, train: [{ ...first!, version: '2' }, second!] },
      {
        ...encoded,
        train: [
          { ...first!, label: 1 },
          { ...second!, label: 0 },
        ],
      },
      { ...encoded, classes: ['class 0', 'other'] },
      { ...encoded, version: '1.0.1' },
    ])
      expect((await open(changed)).decoded).toBe(3);
    const elsewhere = countingPlatform({ imageDecoder: async () => 'another' });
    await open(encoded, { platform: elsewhere.platform });
    expect(elsewhere.counter.decoded).toBe(3);
  });

  test('without a cache all is in memory, or refused before anything is decoded', async () => {
    const encoded = encodedSet(3, 1);
    const { set } = await open(encoded, { cache: false, memory: 144 });
    expect(isInMemory(set.train) && isInMemory(set.test)).toBe(true);
    expect(await files()).toEqual([]);
    await expect(open(encoded, { cache: false, memory: 143 })).rejects.toMatchObject({
      code: 'DATASET_TOO_LARGE',
      data: { bytes: 144, memory: 143 },
    });
  });
});

/** Aborts after `count` images. */
function stopAfter(count: number) {
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }) => done >= count && controller.abort('stopped');
  return { signal: controller.signal, onProgress };
}

describe('decoding that is interrupted', () => {
  test('stopped after 4 of 10: kept, and gone on with from there', async () => {
    const encoded = encodedSet(7, 3);
    await expect(open(encoded, stopAfter(4))).rejects.toBe('stopped');
    expect((await readFile(await imagesFile())).length).toBe(4 * RECORD);
    const { set, decoded } = await open(encoded);
    expect(decoded).toBe(6);
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
    expect(set.statistics).toEqual(await computeStatistics(set.train));
  });

  test('a part cut at any byte is written to its end', async () => {
    const encoded = encodedSet(3, 2);
    const wanted = await plainBytes(encoded);
    await open(encoded);
    const path = await imagesFile();
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        await rm(`${path}.json`, { force: true });
        await rm(path, { force: true });
        await writeFile(`${path}.partial`, whole.subarray(0, length));
        const { set, decoded } = await open(encoded);
        expect(decoded).toBe(5 - Math.floor(length / RECORD));
        expect(await bytesOf(set)).toEqual(wanted);
        expect(await readFile(path)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('a part with a damaged byte is dropped, wherever the byte is', async () => {
    const encoded = encodedSet(3, 2);
    await open(encoded);
    const path = await imagesFile();
    const whole = await readFile(path);
    for (let at = 0; at < 3 * RECORD; at += 7) {
      await rm(`${path}.json`, { force: true });
      await rm(path, { force: true });
      const part = Uint8Array.from(whole.subarray(0, 3 * RECORD));
      part[at]! ^= 1;
      await writeFile(`${path}.partial`, part);
      expect((await open(encoded)).decoded, `byte ${at}`).toBe(5);
      expect(await readFile(path)).toEqual(whole);
    }
  });

  test('killed before the index is written: looked through, not decoded', async () => {
    const encoded = encodedSet(5, 2);
    const { set: first } = await open(encoded);
    await rm(`${await imagesFile()}.json`);
    const { set, decoded } = await open(encoded);
    expect(decoded).toBe(0);
    expect(set.statistics).toEqual(first.statistics);
    expect(await files()).toHaveLength(2);
  });

  test('a disk that fills: a coded error, the part kept, and nothing to misread', async () => {
    const encoded = encodedSet(7, 3);
    let room = 5 * RECORD + 11;
    const { platform } = countingPlatform({
      async createFile(path, options) {
        const file = await real.createFile(path, options);
        return Object.create(file, {
          write: {
            async value(bytes: Uint8Array) {
              await file.write(bytes.subarray(0, room));
              if (bytes.length > room)
                throw new NeusimError('PLATFORM_WRITE_FAILED', 'no', { data: { reason: 'ENOSPC' } });
              room -= bytes.length;
            },
          },
        });
      },
    });
    await expect(open(encoded, { platform })).rejects.toMatchObject({
      code: 'DATASET_CACHE_FAILED',
      message: expect.stringMatching(/the disk is full; 5 images are kept/),
      data: { reason: 'ENOSPC', bytes: 10 * RECORD, images: 5 },
    });
    expect((await files()).every((name) => name.endsWith('.partial'))).toBe(true);
    const { set, decoded } = await open(encoded);
    expect(decoded).toBe(5);
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
  });

  test('a folder that cannot be made: a coded error', async () => {
    await writeFile(join(cache, 'file'), 'x');
    await expect(open(encodedSet(2, 1), { cache: join(cache, 'file', 'below') })).rejects.toMatchObject({
      code: 'DATASET_CACHE_FAILED',
    });
  });

  test('another process that writes to the same part is noticed', async () => {
    const encoded = encodedSet(7, 3);
    const part = async () => appendFile(await imagesFile(), 'intruder');
    const { platform } = countingPlatform({
      async decodeImage(bytes, options) {
        await part();
        return real.decodeImage(bytes, options);
      },
    });
    await expect(open(encoded, { platform })).rejects.toMatchObject({ code: 'DATASET_CACHE_BUSY' });
    const { set } = await open(encoded);
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
  });
});

test('another process that finishes the same file meanwhile: not a byte of it is touched', async () => {
  const encoded = encodedSet(7, 3);
  const failing = countingPlatform({ decodeImage: () => Promise.reject(new Error('stopped')) });
  await expect(open(encoded, { platform: failing.platform })).rejects.toThrow('stopped');
  // One other process, however many images are decoded at a time.
  let other: ReturnType<typeof open> | undefined;
  const { platform } = countingPlatform({
    async decodeImage(bytes, options) {
      other ??= open(encoded);
      await other;
      return real.decodeImage(bytes, options);
    },
  });
  await expect(open(encoded, { platform })).rejects.toMatchObject({ code: 'DATASET_CACHE_BUSY' });
  expect((await open(encoded)).decoded).toBe(0);
});

describe('a cache that is damaged', () => {
  test('any byte, or a short file: made again, never read', async () => {
    const encoded = encodedSet(3, 2);
    const wanted = await plainBytes(encoded);
    await open(encoded);
    const path = await imagesFile();
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 13) {
      const bytes = Uint8Array.from(whole);
      bytes[at]! ^= 0x40;
      await writeFile(path, bytes);
      const { set, decoded } = await open(encoded);
      expect(decoded, `byte ${at}`).toBe(5);
      expect(await bytesOf(set)).toEqual(wanted);
    }
    await truncate(path, whole.length - 1);
    expect((await open(encoded)).decoded).toBe(5);
    expect(await readFile(path)).toEqual(whole);
  });

  test('two records that changed places are no images of theirs', async () => {
    const encoded = encodedSet(3, 2);
    await open(encoded);
    const path = await imagesFile();
    const whole = await readFile(path);
    const swapped = Buffer.concat([
      whole.subarray(RECORD, 2 * RECORD),
      whole.subarray(0, RECORD),
      whole.subarray(2 * RECORD),
    ]);
    await writeFile(path, swapped);
    expect((await open(encoded)).decoded).toBe(5);
  });

  test('found while a batch is read: a coded error, and made again when opened next', async () => {
    const encoded = encodedSet(6, 2);
    const { set } = await open(encoded, { memory: 0 });
    const path = await imagesFile();
    const bytes = await readFile(path);
    bytes[3 * RECORD + 5]! ^= 1;
    await writeFile(path, bytes);
    expect(await readImages(set.train, [0, 5])).toHaveLength(72);
    await expect(readImages(set.train, [2, 3, 4])).rejects.toMatchObject({
      code: 'DATASET_CACHE_DAMAGED',
      data: { file: path, image: 3 },
    });
    await set.close?.();
    const again = await open(encoded, { memory: 0 });
    expect(again.decoded).toBe(8);
    await again.set.close?.();
  });

  test.each(['', '{', '[]', '{"key":1}', '{"key":"x","bytes":1,"skipped":[],"statistics":{}}'])(
    'an index that is %j is made again from the images',
    async (text) => {
      const encoded = encodedSet(3, 2);
      await open(encoded);
      await writeFile(`${await imagesFile()}.json`, text);
      expect((await open(encoded)).decoded).toBe(0);
    },
  );
});

describe('images that do not decode', () => {
  const withBroken = (): EncodedDataset => {
    const encoded = encodedSet(6, 3);
    const train = [...encoded.train];
    train[3] = encodedImage(1, 'train/broken.png', broken);
    train[4] = encodedImage(0, 'train/short.png', pngOf(4).subarray(0, 40));
    return { ...encoded, train };
  };

  test.each([{ cache: false as const }, {}])(
    'the first is an error that names its file (%j)',
    async (options) => {
      await expect(open(withBroken(), options)).rejects.toMatchObject({
        code: 'DATASET_BAD_IMAGE',
        data: { file: 'train/broken.png' },
        cause: { code: 'PLATFORM_UNKNOWN_IMAGE' },
      });
    },
  );

  test.each([{ cache: false as const }, {}, { memory: 0 }])(
    'with skipCorrupt they are left out, and told of (%j)',
    async (options) => {
      const told: NeusimError[] = [];
      const onWarning = (warning: NeusimError) => told.push(warning);
      for (const time of ['first', 'again']) {
        const { set } = await open(withBroken(), { ...options, onWarning, image: { skipCorrupt: true } });
        expect([...set.train.labels], time).toEqual([0, 1, 0, 1]);
        expect(set.train.nameOf?.(3)).toBe('train/5.png');
        const wanted = encodedSet(6, 3);
        const kept = { ...wanted, train: [0, 1, 2, 5].map((i) => wanted.train[i]!) };
        expect(await bytesOf(set)).toEqual(await plainBytes(kept));
        expect(set.statistics).toEqual(await computeStatistics(set.train));
        await set.close?.();
      }
      expect(told).toHaveLength(2);
      expect(told[1]).toMatchObject({
        code: 'DATASET_SKIPPED',
        data: { count: 2, total: 9, files: ['train/broken.png', 'train/short.png'] },
      });
    },
  );

  test('a cache that left some out is refused without skipCorrupt', async () => {
    await open(withBroken(), { image: { skipCorrupt: true } });
    await expect(open(withBroken())).rejects.toMatchObject({
      code: 'DATASET_BAD_IMAGE',
      data: { file: 'train/broken.png' },
    });
  });

  test('an image of more pixels than allowed', async () => {
    const encoded = encodedSet(3, 2);
    await expect(open(encoded, { image: { maxPixels: 11 } })).rejects.toMatchObject({
      code: 'DATASET_BAD_IMAGE',
      cause: { code: 'PLATFORM_TOO_LARGE' },
    });
  });

  test('a class, or a split, of which nothing is left', async () => {
    const none = { ...encodedSet(4, 2), classes: ['class 0', 'class 1', 'class 2'] };
    await expect(open(none)).rejects.toMatchObject({
      code: 'DATASET_EMPTY_CLASS',
      data: { class: 'class 2' },
    });
    const [first] = encodedSet(1, 1).train;
    const skipped = { ...encodedSet(2, 2), train: [first!, encodedImage(1, 'b.png', broken)] };
    await expect(open(skipped, { image: { skipCorrupt: true } })).rejects.toMatchObject({
      code: 'DATASET_EMPTY_CLASS',
      data: { class: 'class 1' },
    });
    await expect(open({ ...encodedSet(2, 2), test: [] })).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });

  test('a file that cannot be read is no image to leave out', async () => {
    const encoded = encodedSet(3, 2);
    const gone = {
      ...encoded.train[1]!,
      read: async () => {
        throw new NeusimError('PLATFORM_FILE_MISSING', 'gone');
      },
    };
    await expect(
      open({ ...encoded, train: [encoded.train[0]!, gone] }, { image: { skipCorrupt: true } }),
    ).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });
});

describe('workers', () => {
  /** Both sides in one thread, with cloned messages. @param dieAt the message at which the worker dies. */
  function fakeSpawn(dieAt = Number.POSITIVE_INFINITY) {
    const stats = { spawned: 0, ended: 0, messages: 0 };
    const spawn: DatasetPlatform['spawn'] = (_, data) => {
      stats.spawned++;
      let toWorker: (message: unknown) => void = () => {};
      let toUs: (message: unknown) => void = () => {};
      let onError: (error: Error) => void = () => {};
      const port = {
        data: structuredClone(data),
        post: (message: unknown) => queueMicrotask(() => toUs(structuredClone(message))),
        onMessage: (callback: (message: unknown) => void) => {
          toWorker = callback;
        },
        close() {},
      };
      serveDecoder(port, real);
      return {
        post(message) {
          if (++stats.messages >= dieAt)
            return queueMicrotask(() => onError(new NeusimError('PLATFORM_WORKER_FAILED', 'died')));
          toWorker(structuredClone(message));
        },
        onMessage: (callback) => {
          toUs = callback;
        },
        onError: (callback) => {
          onError = callback;
        },
        onExit() {},
        terminate: async () => void stats.ended++,
      };
    };
    return { stats, spawn };
  }
  const workers = { url: new URL('file:///decode-worker.js'), threads: 2 };

  test('2 decode 150 images in their order, and are ended', async () => {
    const encoded = encodedSet(120, 30);
    const { spawn, stats } = fakeSpawn();
    const { set } = await open(encoded, { platform: { ...real, spawn }, workers });
    expect(stats).toEqual({ spawned: 2, ended: 2, messages: 150 });
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
  });

  test('a few images are decoded here', async () => {
    const { spawn, stats } = fakeSpawn();
    await open(encodedSet(10, 5), { platform: { ...real, spawn }, workers });
    expect(stats.spawned).toBe(0);
  });

  test('a corrupt image is told as it is here', async () => {
    const encoded = encodedSet(120, 30);
    const train = encoded.train.with(70, encodedImage(0, 'train/broken.png', broken));
    const { spawn, stats } = fakeSpawn();
    await expect(
      open({ ...encoded, train }, { platform: { ...real, spawn }, workers }),
    ).rejects.toMatchObject({ code: 'DATASET_BAD_IMAGE', data: { file: 'train/broken.png' } });
    expect(stats.ended).toBe(2);
  });

  test('one that dies at its 80th image: an error, and what was decoded is kept', async () => {
    const encoded = encodedSet(120, 30);
    const { spawn, stats } = fakeSpawn(80);
    await expect(open(encoded, { platform: { ...real, spawn }, workers })).rejects.toMatchObject({
      code: 'PLATFORM_WORKER_FAILED',
    });
    expect(stats.ended).toBe(2);
    const { set, decoded } = await open(encoded);
    expect(decoded).toBeLessThan(90);
    expect(await bytesOf(set)).toEqual(await plainBytes(encoded));
  });
});
