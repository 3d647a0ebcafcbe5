// Folders of small files for tests.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as platform from '@neusim/platform';
import { onTestFinished } from 'vitest';
import { isInMemory } from '../split';
import { pngOf } from '../store/images.fixture';
import type { Dataset, DatasetSource, OpenOptions, Split } from '../types';

/** A folder with these files, removed at the end of the test; a number is a PNG made of it. */
export async function folderOf(
  files: Readonly<Record<string, string | number | Uint8Array>>,
): Promise<string> {
  const folder = await platform.realPath(await mkdtemp(join(tmpdir(), 'neusim-folder-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await addTo(folder, files);
  return folder;
}

export async function addTo(
  folder: string,
  files: Readonly<Record<string, string | number | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'number' ? pngOf(content) : content);
  }
}

/** Opens without a cache. */
export const openFolder = (source: DatasetSource, folder: string | undefined, options: OpenOptions = {}) =>
  source.open(platform, folder, { cache: false, ...options });

/** `file class` of every image, below the folder, in the order of the files. */
export function contents({ classes }: Dataset, split: Split, folder: string): string[] {
  const found = Array.from(split.labels, (label, index) => {
    const file = split.nameOf?.(index).slice(folder.length + 1);
    return `${file} ${classes[label]}`;
  });
  return isInMemory(split) ? found : [];
}
