import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  exists,
  joinPath,
  listFolder,
  makeFolder,
  readFile,
  readText,
  removeFile,
  renameFolder,
  size,
  writeAtomic,
} from './node';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neusim-platform-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('files in Node', () => {
  test('bytes and text come back as written', async () => {
    const path = joinPath(folder, 'a.bin');
    await writeAtomic(path, Uint8Array.of(0, 1, 254, 255));
    expect([...(await readFile(path))]).toEqual([0, 1, 254, 255]);
    await writeAtomic(path, 'Δ similarity');
    expect(await readText(path)).toBe('Δ similarity');
    expect(await listFolder(folder)).toEqual(['a.bin']);
  });

  test('a view writes its own bytes, not its buffer', async () => {
    const path = joinPath(folder, 'a.bin');
    await writeAtomic(path, Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
    expect([...(await readFile(path))]).toEqual([2, 3]);
  });

  test('a write that fails midway keeps the old file and leaves nothing behind', async () => {
    const path = joinPath(folder, 'a.txt');
    await writeAtomic(path, 'old');
    await expect(writeAtomic(path, { not: 'bytes' } as never)).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
    });
    expect(await readText(path)).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  test('a rename that fails leaves nothing behind', async () => {
    const path = joinPath(folder, 'taken');
    await mkdir(path);
    await expect(writeAtomic(path, 'x')).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { path },
    });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  test('a missing folder is not made on the way', async () => {
    await expect(writeAtomic(joinPath(folder, 'no', 'a.txt'), 'x')).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { reason: 'ENOENT' },
    });
  });

  test('many writers of one file: one of them wins whole', async () => {
    const path = joinPath(folder, 'a.txt');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(5000));
    await Promise.all(texts.map((text) => writeAtomic(path, text)));
    expect(texts).toContain(await readText(path));
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  test('a file larger than allowed is refused', async () => {
    const path = joinPath(folder, 'a.bin');
    await writeAtomic(path, 'four');
    expect(await size(path)).toBe(4);
    expect(await readFile(path, 4)).toHaveLength(4);
    expect(await readText(path, 4)).toBe('four');
    for (const read of [readFile, readText]) {
      await expect(read(path, 3)).rejects.toMatchObject({
        code: 'PLATFORM_TOO_LARGE',
        data: { path, bytes: 4, maxBytes: 3 },
      });
    }
    await expect(size(folder)).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
    await expect(size(joinPath(folder, 'no'))).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('missing, and no file: coded errors', async () => {
    const path = joinPath(folder, 'no.bin');
    await expect(readFile(path)).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING', data: { path } });
    await expect(readFile(folder)).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
    await expect(listFolder(path)).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
  });

  test('exists, makeFolder, removeFile', async () => {
    const deep = joinPath(folder, 'a', 'b');
    expect(await exists(deep)).toBe(false);
    await makeFolder(deep);
    await makeFolder(deep);
    expect(await exists(deep)).toBe(true);
    const file = joinPath(deep, 'f');
    await writeFile(file, 'x');
    expect(await exists(joinPath(file, 'below'))).toBe(false);
    await expect(makeFolder(joinPath(file, 'below'))).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
    });
    await removeFile(file);
    await removeFile(file);
    expect(await listFolder(deep)).toEqual([]);
  });
});

describe('renameFolder in Node', () => {
  test('moves a folder with all in it', async () => {
    await makeFolder(joinPath(folder, 'a', 'b'));
    await writeFile(join(folder, 'a', 'b', 'c.txt'), 'c');
    await renameFolder(joinPath(folder, 'a'), joinPath(folder, 'd'));
    expect(await readdir(folder)).toEqual(['d']);
    expect(await readText(joinPath(folder, 'd', 'b', 'c.txt'))).toBe('c');
  });

  test.each([
    ['a path that is taken', 'taken', 'EEXIST'],
    ['a folder that is missing', join('no', 'd'), 'ENOENT'],
  ])('%s is refused, and nothing moves', async (_, to, reason) => {
    for (const name of ['a', 'taken']) await mkdir(join(folder, name));
    await expect(renameFolder(joinPath(folder, 'a'), joinPath(folder, to))).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { reason },
    });
    expect(await readdir(folder)).toEqual(['a', 'taken']);
  });
});
