import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Download } from '../sources/types';
import { type DownloadOptions, download } from './download';
import { type Asked, type ServedFile, serve } from './server.fixture';

const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 37) % 251);
const sum = (algorithm: string, of: Uint8Array) => createHash(algorithm).update(of).digest('hex');
const first = 'http://first.example/a.bin';
const second = 'http://second.example/a.bin';
const wanted: Download = { name: 'a.bin', urls: [first], bytes: bytes.length, md5: sum('md5', bytes) };
const twoMirrors: Download = { ...wanted, urls: [first, second] };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neusim-pull-'));
  path = join(folder, 'a.bin');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const whole: ServedFile = { bytes };
const files = () => readdir(folder);

/** Downloads without waiting; tells what was asked, and for how long one would have waited. */
async function get(
  served: Record<string, ServedFile>,
  what: Download = wanted,
  options: DownloadOptions = {},
) {
  const asked: Asked[] = [];
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  let error: unknown;
  await download(platform, path, what, { fetch: serve(served, asked), wait, ...options }).catch((thrown) => {
    error = thrown;
  });
  return { asked, waits, error };
}

const isRight = async () => expect(Buffer.compare(await readFile(path), bytes)).toBe(0);

describe('download', () => {
  test.each(['md5', 'sha256', 'sha512'] as const)(
    '10,000 bytes with a right %s are put in their place',
    async (name) => {
      const told: number[][] = [];
      const { asked, error } = await get(
        { [first]: whole },
        { name: 'a.bin', urls: [first], [name]: sum(name, bytes) },
        { onProgress: (...each) => told.push(each) },
      );
      expect(error).toBeUndefined();
      await isRight();
      expect(await files()).toEqual(['a.bin']);
      expect(asked).toEqual([{ url: first, range: null }]);
      expect(told.at(0)).toEqual([0, 10_000]);
      expect(told.at(-1)).toEqual([10_000, 10_000]);
    },
  );

  test('the strongest checksum is the one that counts', async () => {
    const { error } = await get({ [first]: whole }, { ...wanted, sha512: '0'.repeat(128) });
    expect(error).toMatchObject({ code: 'DATA_WRONG_CHECKSUM', data: { algorithm: 'sha512' } });
  });

  test('broken off after 2,500 bytes, it goes on there after a second', async () => {
    const { asked, waits, error } = await get({
      [first]: { bytes, breaksAfter: (request) => (request === 0 ? 2500 : undefined) },
    });
    expect(error).toBeUndefined();
    await isRight();
    expect(asked.map(({ range }) => range)).toEqual([null, 'bytes=2500-']);
    expect(waits).toEqual([1000]);
  });

  test('a server without ranges begins anew', async () => {
    const { asked, error } = await get({
      [first]: { bytes, ranges: false, breaksAfter: (request) => (request === 0 ? 2500 : undefined) },
    });
    expect(error).toBeUndefined();
    await isRight();
    expect(asked).toHaveLength(2);
  });

  test('another version under the same URL begins anew: If-Range', async () => {
    const old = new Uint8Array(10_000);
    const asked: Asked[] = [];
    const before = serve({ [first]: { bytes: old, etag: '"old"', breaksAfter: () => 3000 } }, asked);
    const after = serve({ [first]: { bytes, etag: '"new"' } }, asked);
    let requests = 0;
    const { error } = await get({}, wanted, {
      fetch: (...request) => (requests++ === 0 ? before : after)(...request),
    });
    expect(error).toBeUndefined();
    await isRight();
    expect(asked.map(({ range }) => range)).toEqual([null, 'bytes=3000-']);
  });

  test('five failures in a row are enough, with 1 + 2 + 4 + 8 s between; the part is kept', async () => {
    const { asked, waits, error } = await get({
      [first]: { bytes, breaksAfter: (request) => (request === 0 ? 4000 : 0) },
    });
    expect(error).toMatchObject({ code: 'DATA_BROKEN_OFF', data: { kept: 4000 } });
    expect(asked).toHaveLength(5);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(await files()).toEqual(['a.bin.partial']);
    const again = await get({ [first]: whole });
    expect(again.asked).toEqual([{ url: first, range: 'bytes=4000-' }]);
    await isRight();
  });

  test('each failure with progress before it counts as the first', async () => {
    const { waits, error } = await get({ [first]: { bytes, breaksAfter: () => 1000 } });
    expect(error).toBeUndefined();
    await isRight();
    expect(waits).toEqual(Array.from({ length: 9 }, () => 1000));
  });

  test('a host without a name is not asked twice: the next mirror is', async () => {
    const { asked, error } = await get({ [second]: whole }, twoMirrors);
    expect(error).toBeUndefined();
    expect(asked.map(({ url }) => url)).toEqual([first, second]);
    await isRight();
  });

  test('no mirror answers: offline, and nothing is left', async () => {
    const { error } = await get({}, twoMirrors);
    expect(error).toMatchObject({
      code: 'DATA_OFFLINE',
      data: {
        attempts: [
          { url: first, reason: 'ENOTFOUND' },
          { url: second, reason: 'ENOTFOUND' },
        ],
      },
    });
    expect(await files()).toEqual([]);
  });

  test.each([403, 404, 410])('HTTP %i: the next mirror, or an error', async (status) => {
    const gone = { bytes, status };
    expect((await get({ [first]: gone, [second]: whole }, twoMirrors)).error).toBeUndefined();
    await rm(path);
    expect((await get({ [first]: gone })).error).toMatchObject({ code: 'DATA_HTTP', data: { status } });
  });

  test.each([429, 503])('HTTP %i is tried five times', async (status) => {
    const { asked, error } = await get({ [first]: { bytes, status } });
    expect(asked).toHaveLength(5);
    expect(error).toMatchObject({ code: 'DATA_OFFLINE' });
  });

  test('another length than the declared one is refused before a byte is read', async () => {
    const { error } = await get({ [first]: { bytes: bytes.subarray(1) } });
    expect(error).toMatchObject({ code: 'DATA_WRONG_LENGTH', data: { met: 9999, wanted: 10_000 } });
    expect(await files()).toEqual([]);
  });

  test('a server that tells no length, and goes on and on, is stopped', async () => {
    const endless = new Uint8Array(50_000);
    const { error } = await get({ [first]: { bytes: endless, length: null } });
    expect(error).toMatchObject({ code: 'DATA_TOO_LARGE', data: { allowed: 10_000 } });
    expect(await files()).toEqual([]);
  });

  test('a server that tells no length, and stops early, has broken off', async () => {
    const { error } = await get({ [first]: { bytes: bytes.subarray(0, 100), length: null } });
    expect(error).toMatchObject({ code: 'DATA_BROKEN_OFF', data: { kept: 100 } });
  });

  test('a wrong checksum names met and wanted, and nothing is left', async () => {
    const other = bytes.map((byte) => byte ^ 1);
    const { error } = await get({ [first]: { bytes: other } });
    expect(error).toMatchObject({
      code: 'DATA_WRONG_CHECKSUM',
      data: { algorithm: 'md5', met: sum('md5', other), wanted: wanted.md5 },
    });
    expect(await files()).toEqual([]);
  });

  test('a wrong checksum at one mirror: the next is asked for the whole', async () => {
    const other = bytes.map((byte) => byte ^ 1);
    const { asked, error } = await get({ [first]: { bytes: other }, [second]: whole }, twoMirrors);
    expect(error).toBeUndefined();
    expect(asked.map(({ range }) => range)).toEqual([null, null]);
    await isRight();
  });

  test('a kept part that is damaged: the whole is fetched once more', async () => {
    await writeFile(`${path}.partial`, new Uint8Array(2000));
    const { asked, error } = await get({ [first]: whole });
    expect(error).toBeUndefined();
    expect(asked.map(({ range }) => range)).toEqual(['bytes=2000-', null]);
    await isRight();
  });

  test.each([
    ['whole already', 10_000, []],
    ['too long', 10_001, [null]],
  ])('a kept part that is %s: %i bytes', async (_, length, ranges) => {
    await writeFile(`${path}.partial`, Buffer.concat([bytes, Buffer.alloc(1)]).subarray(0, length));
    const { asked, error } = await get({ [first]: whole });
    expect(error).toBeUndefined();
    expect(asked.map(({ range }) => range)).toEqual(ranges);
    await isRight();
  });

  test('416 of a server: the part begins anew', async () => {
    await writeFile(`${path}.partial`, Buffer.concat([bytes, Buffer.alloc(1)]));
    const { asked, error } = await get({ [first]: whole }, { ...wanted, bytes: undefined });
    expect(error).toBeUndefined();
    expect(asked.map(({ range }) => range)).toEqual(['bytes=10001-', null]);
    await isRight();
  });

  test('where nothing tells whether a kept part is of this file, it is dropped', async () => {
    await writeFile(`${path}.partial`, new Uint8Array(2000));
    const { asked } = await get({ [first]: whole }, { name: 'a.bin', urls: [first] });
    expect(asked.map(({ range }) => range)).toEqual([null]);
    await isRight();
  });

  test('stopped in the middle, it throws the reason and keeps the part', async () => {
    const controller = new AbortController();
    const { error } = await get({ [first]: whole }, wanted, {
      signal: controller.signal,
      onProgress: (done) => done >= 5000 && controller.abort('SIGINT'),
    });
    expect(error).toBe('SIGINT');
    expect((await readFile(`${path}.partial`)).length).toBe(5000);
    const again = await get({ [first]: whole });
    expect(again.asked).toEqual([{ url: first, range: 'bytes=5000-' }]);
    await isRight();
  });

  test('a disk that fills at byte 3,000: a code of its own, and the part is kept', async () => {
    const full: typeof platform.createFile = async (...args) => {
      const writer = await platform.createFile(...args);
      return {
        ...writer,
        get position() {
          return writer.position;
        },
        async write(chunk) {
          if (writer.position + chunk.length > 3000)
            throw new NeusimError('PLATFORM_WRITE_FAILED', 'full', { data: { path, reason: 'ENOSPC' } });
          await writer.write(chunk);
        },
      };
    };
    const failing = download({ ...platform, createFile: full }, path, twoMirrors, {
      fetch: serve({ [first]: whole, [second]: whole }),
    });
    await expect(failing).rejects.toMatchObject({
      code: 'DATA_DISK_FULL',
      data: { kept: 3000, wanted: 10_000 },
    });
    expect((await readFile(`${path}.partial`)).length).toBe(3000);
  });
});
