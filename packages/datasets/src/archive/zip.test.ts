import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { extractArchive } from './extract';
import { text } from './make-tar.fixture';
import { temporaryFiles } from './temporary-files.fixture';
import type { ExtractOptions } from './types';
import { extractZip } from './zip';

const { folder, write } = temporaryFiles();
const MAX = { maxBytes: 2 ** 20 };
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + (i >> 3)) % 251);

const zipped = (files: Zippable) => new Uint8Array(zipSync(files, { mtime: new Date(1980, 1, 1) }));

async function read(path: string, options: Partial<ExtractOptions> = {}) {
  const found: Record<string, Uint8Array> = {};
  const extracted = await extractZip(platform, path, {
    ...MAX,
    onEntry: async (entry) => {
      found[entry.name] = await entry.bytes();
    },
    ...options,
  });
  return { found, ...extracted };
}

const twoFiles = zipped({ 'set/a.bin': [noise(70_000), { level: 6 }], 'b.txt': [text('b'), { level: 0 }] });
const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
/** Where the first entry of the directory begins. */
const directory = (bytes: Uint8Array) => view(bytes).getUint32(bytes.length - 6, true);

/** A copy with changes made to the bytes of its directory's first entry. */
function edited(change: (entry: DataView, whole: Uint8Array) => void, bytes = twoFiles): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer, directory(copy)), copy);
  return copy;
}

describe('extractZip', () => {
  test('stored and deflated entries, in memory and into a folder', async () => {
    const path = write('two.zip', twoFiles);
    const { found, files, bytes } = await read(path);
    expect(found).toEqual({ 'set/a.bin': noise(70_000), 'b.txt': text('b') });
    expect([files, bytes]).toEqual([2, 70_001]);
    const into = join(folder, 'into');
    await extractArchive(platform, path, { ...MAX, into, filter: (name) => name.startsWith('set/') });
    expect(new Uint8Array(readFileSync(join(into, 'set/a.bin')))).toEqual(noise(70_000));
  });

  test('an archive with 3,000 bytes of comment, and an empty one', async () => {
    const comment = edited((_, whole) => view(whole).setUint16(whole.length - 2, 3000, true));
    const path = write('comment.zip', Buffer.concat([comment, new Uint8Array(3000)]));
    expect((await read(path)).files).toBe(2);
    expect((await read(write('empty.zip', zipped({})))).files).toBe(0);
  });

  test('zip64: sizes, offset and the directory in 64 bits', async () => {
    const path = write('64.zip', zip64(text('sixty-four')));
    expect((await read(path)).found).toEqual({ 'a.txt': text('sixty-four') });
  });

  test.each(['../out.txt', '/out.txt', 'set/../../out.txt', '..\\out.txt', 'C:out.txt'])(
    'the name %s is refused',
    async (name) => {
      const path = write('unsafe.zip', zipped({ 'ok.txt': text('ok'), [name]: text('x') }));
      await expect(read(path, { filter: () => false })).rejects.toMatchObject({
        code: 'ARCHIVE_UNSAFE_ENTRY',
        data: { file: path, entry: name },
      });
    },
  );

  test('a symbolic link of unix is refused', async () => {
    const link = zipped({ l: [text('/etc/passwd'), { os: 3, attrs: (0o120777 << 16) >>> 0 }] });
    await expect(read(write('link.zip', link))).rejects.toMatchObject({
      code: 'ARCHIVE_UNSAFE_ENTRY',
      data: { entry: 'l' },
    });
  });

  test.each<[string, (entry: DataView, whole: Uint8Array) => void, string]>([
    ['an encrypted entry', (entry) => entry.setUint16(8, 1, true), 'ARCHIVE_UNSUPPORTED'],
    ['packed by method 12', (entry) => entry.setUint16(10, 12, true), 'ARCHIVE_UNSUPPORTED'],
    ['a size no deflate reaches', (entry) => entry.setUint32(24, 2 ** 31, true), 'ARCHIVE_DAMAGED'],
    ['a size too small by 1', (entry) => entry.setUint32(24, 69_999, true), 'ARCHIVE_TOO_LARGE'],
    ['a size too large by 1', (entry) => entry.setUint32(24, 70_001, true), 'ARCHIVE_TRUNCATED'],
    ['another CRC-32', (entry) => entry.setUint32(16, 7, true), 'ARCHIVE_DAMAGED'],
    ['a name that its place does not have', (entry) => entry.setUint8(46, 0x78), 'ARCHIVE_DAMAGED'],
    ['a directory without its mark', (entry) => entry.setUint8(0, 0), 'ARCHIVE_DAMAGED'],
    ['deflated data that are none', (_, whole) => whole.fill(0xff, 60, 90), 'ARCHIVE_DAMAGED'],
    [
      'two entries in one place',
      (entry, whole) =>
        view(whole).setUint32(directory(whole) + 46 + 9 + 42, entry.getUint32(42, true), true),
      'ARCHIVE_DAMAGED',
    ],
    [
      '65,000 entries told',
      (_, whole) => view(whole).setUint16(whole.length - 12, 65_000, true),
      'ARCHIVE_DAMAGED',
    ],
    [
      'a directory behind the end',
      (_, whole) => view(whole).setUint32(whole.length - 6, 2 ** 31, true),
      'ARCHIVE_DAMAGED',
    ],
  ])('%s', async (name, change, code) => {
    const path = write(`${name}.zip`, edited(change));
    await expect(read(path)).rejects.toMatchObject({ code, data: { file: path } });
  });

  test('more bytes or entries than are allowed are refused before anything is read', async () => {
    const path = write('large.zip', twoFiles);
    const none = { onEntry: () => expect.unreachable() };
    await expect(read(path, { ...none, maxBytes: 70_000 })).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      data: { entry: 'b.txt', met: 70_001, allowed: 70_000 },
    });
    await expect(read(path, { ...none, maxEntries: 1 })).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
  });

  test('a file cut short, or none', async () => {
    const path = write('cut.zip', twoFiles.subarray(0, twoFiles.length - 30));
    await expect(read(path)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED', data: { file: path } });
    await expect(read(write('0.zip', text('')))).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
  });

  test('a signal stops it with its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const path = write('stop.zip', twoFiles);
    await expect(
      read(path, { signal: stop.signal, onEntry: () => stop.abort(reason) }),
    ).resolves.toMatchObject({ files: 2 });
    await expect(read(path, { signal: stop.signal })).rejects.toBe(reason);
  });
});

/** One stored entry a.txt whose numbers all stand in zip64's fields. */
function zip64(content: Uint8Array): Uint8Array {
  const plain = zipped({ 'a.txt': [content, { level: 0 }] });
  const at = directory(plain);
  const entry = plain.slice(at, at + 46 + 5);
  const fields = view(entry);
  for (const from of [20, 24, 42]) fields.setUint32(from, 0xffffffff, true);
  fields.setUint16(30, 28, true);
  const extra = new DataView(new ArrayBuffer(28));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  extra.setBigUint64(4, BigInt(content.length), true);
  extra.setBigUint64(12, BigInt(content.length), true);
  const end64 = new DataView(new ArrayBuffer(56 + 20));
  end64.setUint32(0, 0x06064b50, true);
  end64.setBigUint64(4, 44n, true);
  end64.setBigUint64(24, 1n, true);
  end64.setBigUint64(32, 1n, true);
  end64.setBigUint64(40, BigInt(entry.length + 28), true);
  end64.setBigUint64(48, BigInt(at), true);
  end64.setUint32(56, 0x07064b50, true);
  end64.setBigUint64(64, BigInt(at + entry.length + 28), true);
  end64.setUint32(72, 1, true);
  const end = plain.slice(-22);
  view(end).setUint16(10, 0xffff, true);
  view(end).setUint32(12, 0xffffffff, true);
  view(end).setUint32(16, 0xffffffff, true);
  const bytes = (data: DataView) => new Uint8Array(data.buffer);
  return Buffer.concat([plain.subarray(0, at), entry, bytes(extra), bytes(end64), end]);
}
