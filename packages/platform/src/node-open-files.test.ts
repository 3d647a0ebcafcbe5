// Files that are read and written in parts, and folders with links in them, in Node.

import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  appendFile,
  cacheFolder,
  createFile,
  joinPath,
  listEntries,
  listFolder,
  openFile,
  readFile,
  readText,
  realPath,
  removeFolder,
  stat,
} from './node';

let folder: string;
beforeEach(async () => {
  folder = await realPath(await mkdtemp(join(tmpdir(), 'neusim-platform-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('openFile', () => {
  test('reads anywhere, several at a time, and not past the end', async () => {
    const path = joinPath(folder, 'a.bin');
    await writeFile(path, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const file = await openFile(path);
    expect(file.size).toBe(8);
    const parts = await Promise.all([file.read(6, 2), file.read(0, 3), file.read(2, 0)]);
    expect(parts.map((part) => [...part])).toEqual([[6, 7], [0, 1, 2], []]);
    await expect(file.read(6, 3)).rejects.toMatchObject({
      code: 'PLATFORM_READ_FAILED',
      data: { path, reason: 'it ends at byte 8' },
    });
    await file.close();
    await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
  });

  test('what is missing, and what is a folder', async () => {
    await expect(openFile(joinPath(folder, 'no'))).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
    await expect(openFile(folder)).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
  });
});

describe('createFile', () => {
  test('is there after finish, and not before', async () => {
    const path = joinPath(folder, 'a.bin');
    await writeFile(path, 'old');
    const file = await createFile(path);
    await file.write(Uint8Array.of(1, 2, 3).subarray(1));
    await file.write(Uint8Array.of(4));
    expect(file.position).toBe(3);
    expect(await readText(path)).toBe('old');
    await file.finish();
    expect([...(await readFile(path))]).toEqual([2, 3, 4]);
    expect(await listFolder(folder)).toEqual(['a.bin']);
  });

  test('a kept part is gone on with, or dropped', async () => {
    const path = joinPath(folder, 'a.bin');
    const first = await createFile(path);
    await first.write(Uint8Array.of(1, 2));
    await first.keep();
    const second = await createFile(path, { resume: true });
    expect(second.position).toBe(2);
    await second.write(Uint8Array.of(3));
    await second.keep();
    expect([...(await readFile(`${path}.partial`))]).toEqual([1, 2, 3]);
    const third = await createFile(path);
    expect(third.position).toBe(0);
    await third.finish();
    expect(await readFile(path)).toHaveLength(0);
  });

  test('resume without a part begins; discard leaves nothing', async () => {
    const path = joinPath(folder, 'a.bin');
    const file = await createFile(path, { resume: true });
    expect(file.position).toBe(0);
    await file.write(Uint8Array.of(1));
    await file.discard();
    expect(await listFolder(folder)).toEqual([]);
  });

  test('without a folder, and onto a folder: coded errors', async () => {
    await expect(createFile(joinPath(folder, 'no', 'a'))).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
      data: { reason: 'ENOENT' },
    });
    await mkdir(joinPath(folder, 'taken'));
    const file = await createFile(joinPath(folder, 'taken'));
    await file.write(Uint8Array.of(1));
    await expect(file.finish()).rejects.toMatchObject({ code: 'PLATFORM_WRITE_FAILED' });
  });
});

describe('appendFile, stat, removeFolder, cacheFolder', () => {
  test('text and bytes go to the end', async () => {
    const path = joinPath(folder, 'log');
    await appendFile(path, 'a\n');
    await appendFile(path, Uint8Array.of(98));
    expect(await readText(path)).toBe('a\nb');
    await expect(appendFile(joinPath(folder, 'no', 'log'), 'a')).rejects.toMatchObject({
      code: 'PLATFORM_WRITE_FAILED',
    });
  });

  test('size and time of a file; of a folder neither', async () => {
    const path = joinPath(folder, 'a');
    await writeFile(path, 'four');
    const { modified, ...rest } = await stat(path);
    expect(rest).toEqual({ isFolder: false, size: 4 });
    expect(Math.abs(Date.now() - modified)).toBeLessThan(3600_000);
    expect(await stat(folder)).toEqual({ isFolder: true, size: 0, modified: 0 });
    await expect(stat(joinPath(folder, 'no'))).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING' });
    await expect(stat('/dev/null')).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
  });

  test('a folder goes with all in it; what a link leads to stays', async () => {
    await mkdir(joinPath(folder, 'a', 'b'), { recursive: true });
    await writeFile(joinPath(folder, 'kept'), 'x');
    await symlink(joinPath(folder, 'kept'), joinPath(folder, 'a', 'link'));
    await removeFolder(joinPath(folder, 'a'));
    await removeFolder(joinPath(folder, 'a'));
    expect(await listFolder(folder)).toEqual(['kept']);
  });

  test('NEUSIM_CACHE names the cache; else it is below the usual one', () => {
    vi.stubEnv('NEUSIM_CACHE', '/somewhere/else');
    expect(cacheFolder()).toBe('/somewhere/else');
    vi.stubEnv('NEUSIM_CACHE', '');
    vi.stubEnv('XDG_CACHE_HOME', joinPath('/x', 'cache'));
    expect(cacheFolder()).toBe(joinPath('/x', 'cache', 'neusim'));
    vi.unstubAllEnvs();
  });
});

describe('listEntries, realPath', () => {
  test('folders and links are told apart', async () => {
    await mkdir(joinPath(folder, 'b'));
    await writeFile(joinPath(folder, 'a'), 'x');
    await symlink(joinPath(folder, 'b'), joinPath(folder, 'to-folder'));
    await symlink(joinPath(folder, 'a'), joinPath(folder, 'to-file'));
    await symlink(joinPath(folder, 'gone'), joinPath(folder, 'to-nothing'));
    await link(joinPath(folder, 'a'), joinPath(folder, 'hard'));
    const entry = (name: string, isFolder = false, isLink = false) => ({ name, isFolder, isLink });
    expect(await listEntries(folder)).toEqual([
      entry('a'),
      entry('b', true),
      entry('hard'),
      entry('to-file', false, true),
      entry('to-folder', true, true),
      entry('to-nothing', false, true),
    ]);
    expect(await realPath(joinPath(folder, 'to-folder'))).toBe(joinPath(folder, 'b'));
    await expect(realPath(joinPath(folder, 'to-nothing'))).rejects.toMatchObject({
      code: 'PLATFORM_FILE_MISSING',
    });
    await expect(listEntries(joinPath(folder, 'a'))).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
  });
});
