import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as platform from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { makeTar, makeTarGz, type TarPart, text } from './make-tar.fixture';
import { extractTar } from './tar';
import { temporaryFiles } from './temporary-files.fixture';
import type { ExtractOptions } from './types';

const { folder, write } = temporaryFiles();
const MAX = { maxBytes: 2 ** 20 };
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + (i >> 3)) % 251);

async function read(path: string, options: Partial<ExtractOptions> = {}) {
  const found: Record<string, number> = {};
  const extracted = await extractTar(platform, path, {
    ...MAX,
    onEntry: async (entry) => {
      found[entry.name] = (await entry.bytes()).length;
    },
    ...options,
  });
  return { found, ...extracted };
}

describe('extractTar', () => {
  const parts: TarPart[] = [
    [{ name: 'set/', type: 'directory' }, text('')],
    ['./set/a.bin', noise(70_000)],
    [`set/${'long-'.repeat(40)}name.txt`, text('b')],
    ['set/empty', text('')],
  ];

  test.each([
    ['plain', makeTar],
    ['gzipped', makeTarGz],
  ])('3 files of a %s archive: names, sizes, bytes', async (kind, make) => {
    const path = write(`${kind}.tar`, await make(parts));
    const seen: number[] = [];
    const { found, files, bytes } = await read(path, {
      onProgress: ({ done, total }) => seen.push(done, total),
    });
    expect(found).toEqual({ 'set/a.bin': 70_000, [`set/${'long-'.repeat(40)}name.txt`]: 1, 'set/empty': 0 });
    expect([files, bytes]).toEqual([3, 70_001]);
    expect(seen.at(-1)).toBe(seen.at(-2));
  });

  test('unread entries are skipped, and a filter leaves files out', async () => {
    const path = write('filter.tar.gz', await makeTarGz(parts));
    const names: string[] = [];
    await extractTar(platform, path, { ...MAX, onEntry: ({ name }) => void names.push(name) });
    expect(names).toHaveLength(3);
    expect((await read(path, { filter: (name) => name.endsWith('empty') })).found).toEqual({
      'set/empty': 0,
    });
  });

  test('a small file that is skipped before one that is wanted, whole, left in the middle, and cut short', async () => {
    const tar = await makeTar([
      ['b', noise(69)],
      ['a', noise(300_000)],
      ['c', noise(10)],
    ]);
    const wanted = { filter: (name: string) => name !== 'b' };
    expect((await read(write('skip.tar', tar), wanted)).found).toEqual({ a: 300_000, c: 10 });
    const first: Record<string, number> = {};
    const left = await read(write('skip.tar', tar), {
      onEntry: async (entry) => {
        for await (const piece of entry.chunks()) {
          first[entry.name] = piece[0]!;
          break;
        }
      },
    });
    expect([first, left.files]).toEqual([{ b: 0, a: 0, c: 0 }, 3]);
    const cut = write('cut-skip.tar', tar.subarray(0, 1977));
    await expect(read(cut, wanted)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED', data: { file: cut } });
  });

  test('into a folder', async () => {
    const path = write('into.tar.gz', await makeTarGz(parts));
    const into = join(folder, 'into');
    expect(await extractTar(platform, path, { ...MAX, into })).toEqual({ files: 3, bytes: 70_001 });
    expect(new Uint8Array(readFileSync(join(into, 'set/a.bin')))).toEqual(noise(70_000));
    expect(readFileSync(join(into, 'set/empty'))).toHaveLength(0);
  });

  test.each<[string, TarPart]>([
    ['..', ['../out.txt', text('x')]],
    ['.. within', ['set/../../out.txt', text('x')]],
    ['an absolute path', ['/tmp/out.txt', text('x')]],
    ['a drive', ['C:/out.txt', text('x')]],
    ['backslashes', ['..\\out.txt', text('x')]],
    ['a symbolic link', [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }, text('')]],
    ['a hard link', [{ name: 'l', type: 'link', linkname: 'set/a.bin' }, text('')]],
    ['a device', [{ name: 'd', type: 'block-device' }, text('')]],
    ['a pipe', [{ name: 'p', type: 'fifo' }, text('')]],
  ])('%s is refused, though the filter leaves it out', async (_, part) => {
    const path = write('unsafe.tar.gz', await makeTarGz([['ok', text('ok')], part]));
    const into = join(folder, 'unsafe');
    const entry = typeof part[0] === 'string' ? part[0] : part[0].name;
    const refused = { code: 'ARCHIVE_UNSAFE_ENTRY', data: { file: path, entry } };
    await expect(read(path)).rejects.toMatchObject(refused);
    await expect(
      extractTar(platform, path, { ...MAX, into, filter: (name) => name === 'ok' }),
    ).rejects.toMatchObject(refused);
    expect(existsSync(join(folder, 'out.txt'))).toBe(false);
  });

  test('more bytes, entries or bytes of one entry than are allowed', async () => {
    const path = write('large.tar.gz', await makeTarGz(parts));
    await expect(read(path, { maxBytes: 70_000 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      data: { file: path, met: 70_001, allowed: 70_000, unit: 'bytes' },
    });
    await expect(read(path, { maxEntries: 3 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      data: { entry: 'set/empty', met: 4, unit: 'entries' },
    });
    await expect(read(path, { maxEntryBytes: 69_999 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      data: { entry: 'set/a.bin', met: 70_000, allowed: 69_999 },
    });
  });

  test('a bomb of 64 MiB of zeros behind a small entry, and one of headers alone', async () => {
    const zeros = gzipSync(Buffer.concat([await makeTar([['a', text('a')]]), Buffer.alloc(64 * 2 ** 20)]));
    await expect(read(write('zeros.tar.gz', zeros))).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    const pax: TarPart = [{ name: 'a', pax: { comment: 'x'.repeat(4 * 2 ** 20) } }, text('')];
    const headers = await makeTarGz([pax, pax, pax, pax]);
    await expect(read(write('headers.tar.gz', headers))).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
    });
  });

  test('a file that is cut short, damaged, or no archive', async () => {
    const whole = await makeTarGz([['noise', noise(70_000)]]);
    const cut = write('cut.tar.gz', whole.subarray(0, whole.length - 100));
    await expect(read(cut)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED', data: { file: cut } });
    const plain = write('cut.tar', (await makeTar(parts)).subarray(0, 5000));
    await expect(read(plain)).rejects.toMatchObject({
      code: 'ARCHIVE_TRUNCATED',
      data: { file: plain, entry: './set/a.bin' },
    });
    const altered = whole.slice();
    altered.fill(0xff, 40, 60);
    await expect(read(write('altered.tar.gz', altered))).rejects.toMatchObject({ code: 'ARCHIVE_BAD_GZIP' });
    await expect(read(write('none.tar', noise(4096)))).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    await expect(read(write('empty.tar', text('')))).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
    await expect(read(join(folder, 'absent.tar'))).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('a disk that fills: the file that was being written is gone, and the error tells of it', async () => {
    const path = write('full.tar.gz', await makeTarGz(parts));
    const into = join(folder, 'full');
    let left = 40_000;
    const full: typeof platform = {
      ...platform,
      async appendFile(file, data) {
        left -= data.length;
        if (left >= 0) return platform.appendFile(file, data);
        throw new NeusimError('PLATFORM_WRITE_FAILED', 'full', { data: { path: file, reason: 'ENOSPC' } });
      },
    };
    await expect(extractTar(full, path, { ...MAX, into })).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { path: join(into, 'set/a.bin'), reason: 'ENOSPC' },
    });
    expect(left).toBeLessThan(0);
    expect(existsSync(join(into, 'set/a.bin'))).toBe(false);
  });

  test('a signal stops it with its reason, and what the callback throws comes through', async () => {
    const path = write('stop.tar.gz', await makeTarGz(parts));
    const stop = new AbortController();
    const reason = new Error('stopped');
    const stopped = read(path, { signal: stop.signal, onEntry: () => stop.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    const own = new Error('no tar: truncated');
    const thrown = read(path, {
      onEntry: () => {
        throw own;
      },
    });
    await expect(thrown).rejects.toBe(own);
  });
});
