// The page's own file system, and its decoder, in a real browser.

import * as platform from '@neusim/platform';
import { afterAll, describe, expect, test } from 'vitest';

const folder = `neusim-test-${Math.random().toString(36).slice(2)}`;
afterAll(() => platform.removeFolder(folder));

describe('files of a page', () => {
  test('a file in parts is kept, gone on with, finished and read anywhere', async () => {
    await platform.makeFolder(folder);
    const path = platform.joinPath(folder, 'a.bin');
    const file = await platform.createFile(path);
    await file.write(Uint8Array.of(1, 2, 3).subarray(1));
    await file.keep();
    expect(await platform.exists(path)).toBe(false);
    const again = await platform.createFile(path, { resume: true });
    expect(again.position).toBe(2);
    await again.write(Uint8Array.of(4, 5));
    await again.finish();
    const open = await platform.openFile(path);
    expect((await Promise.all([open.read(2, 2), open.read(0, 1)])).map((part) => [...part])).toEqual([
      [4, 5],
      [2],
    ]);
    await expect(open.read(3, 2)).rejects.toMatchObject({ code: 'PLATFORM_READ_FAILED' });
    await open.close();
  });

  test('a finished file takes the place of an older one; a dropped part leaves it', async () => {
    const path = platform.joinPath(folder, 'b.bin');
    await platform.writeAtomic(path, 'old');
    const dropped = await platform.createFile(path);
    await dropped.write(Uint8Array.of(1));
    await dropped.discard();
    expect(await platform.readText(path)).toBe('old');
    const file = await platform.createFile(path);
    await file.write(Uint8Array.of(110, 101, 119));
    await file.finish();
    expect(await platform.readText(path)).toBe('new');
    expect(await platform.listFolder(folder)).toEqual(['a.bin', 'b.bin']);
  });

  test('entries, sizes, appended text, a folder that goes', async () => {
    const deep = platform.joinPath(folder, 'deep');
    await platform.makeFolder(deep);
    await platform.appendFile(platform.joinPath(deep, 'log'), 'a');
    await platform.appendFile(platform.joinPath(deep, 'log'), 'b');
    expect(await platform.readText(platform.joinPath(deep, 'log'))).toBe('ab');
    expect(await platform.listEntries(folder)).toEqual([
      { name: 'a.bin', isFolder: false, isLink: false },
      { name: 'b.bin', isFolder: false, isLink: false },
      { name: 'deep', isFolder: true, isLink: false },
    ]);
    const { modified, ...rest } = await platform.stat(platform.joinPath(deep, 'log'));
    expect([rest, modified > 0]).toEqual([{ isFolder: false, size: 2 }, true]);
    expect(await platform.stat(deep)).toEqual({ isFolder: true, size: 0, modified: 0 });
    expect(await platform.realPath(deep)).toBe(deep);
    await platform.removeFolder(deep);
    expect(await platform.exists(deep)).toBe(false);
  });
});

test.each(['image/png', 'image/webp', 'image/jpeg'])('%s is decoded by the browser', async (type) => {
  const canvas = new OffscreenCanvas(6, 4);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.fillStyle = 'rgb(200, 100, 50)';
  context.fillRect(0, 0, 6, 4);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 1 })).arrayBuffer());
  const { width, height, data } = await platform.decodeImage(bytes, { maxPixels: 24 });
  expect([width, height, data.length]).toEqual([6, 4, 72]);
  for (const [i, value] of data.entries()) expect(Math.abs(value - [200, 100, 50][i % 3]!)).toBeLessThan(6);
  await expect(platform.decodeImage(bytes, { maxPixels: 23 })).rejects.toMatchObject({
    code: 'PLATFORM_TOO_LARGE',
  });
  await expect(platform.decodeImage(bytes.subarray(0, 30), { maxPixels: 24 })).rejects.toMatchObject({
    code: 'PLATFORM_BAD_IMAGE',
  });
});
