// Whether a data set's files are there, and are the ones that were published.

import type { Files } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { PublishedFile } from '../sources/types';
import { hashFile, strongest } from './checksum';

export interface CheckedFile {
  readonly path: string;
  /** `unchecked`: it is there, and nothing is known about its content. */
  readonly state: 'ok' | 'missing' | 'damaged' | 'unchecked';
  /** Bytes, where it is there. */
  readonly bytes?: number | undefined;
  /** What is wrong with it: what was met, and what was wanted. */
  readonly fault?: { readonly what: string; readonly met: string; readonly wanted: string } | undefined;
}

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of all files that were read so far, and in all. */
  onProgress?(done: number, total: number): void;
}

export type CheckPlatform = Pick<Files, 'exists' | 'joinPath' | 'openFile' | 'stat'>;

/**
 * Checks size and checksum of every file.
 * @throws NeusimError `PLATFORM_READ_FAILED`; the signal's reason
 */
export async function checkFiles(
  platform: CheckPlatform,
  folder: string,
  files: readonly PublishedFile[],
  { signal, onProgress }: CheckOptions = {},
): Promise<CheckedFile[]> {
  const forms = await Promise.all(files.map((file) => formOf(platform, folder, file)));
  const total = forms.reduce((sum, { size = 0 }) => sum + size, 0);
  const checked: CheckedFile[] = [];
  let before = 0;
  for (const { file, size } of forms) {
    const told = (done: number) => onProgress?.(before + done, total);
    checked.push(await check(platform, folder, file, size, { signal, onProgress: told }));
    before += size ?? 0;
  }
  return checked;
}

/** Whether nothing is missing or damaged. */
export function isWhole(files: readonly CheckedFile[]): boolean {
  return files.every(({ state }) => state === 'ok' || state === 'unchecked');
}

/** @throws NeusimError `DATA_DAMAGED` naming the first file that is not what it should be */
export function requireWhole(folder: string, files: readonly CheckedFile[]): void {
  const bad = files.filter(({ state }) => state === 'missing' || state === 'damaged');
  const first = bad[0];
  if (!first) return;
  const { what, met, wanted } = first.fault ?? { what: 'file', met: 'none', wanted: first.path };
  const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
  const message = `${folder}: ${first.path} is ${first.state} (${what} ${met}; wanted: ${wanted})${more}`;
  throw new NeusimError('DATA_DAMAGED', message, {
    data: { folder, files: bad },
    hint: 'pull the data set again',
  });
}

/** The form of a file that is there, and its size; the first form where none is. */
async function formOf(
  platform: CheckPlatform,
  folder: string,
  wanted: PublishedFile,
): Promise<{ file: PublishedFile; size: number | undefined }> {
  for (let file: PublishedFile | undefined = wanted; file; file = file.or) {
    const path = platform.joinPath(folder, file.path);
    if (await platform.exists(path)) return { file, size: (await platform.stat(path)).size };
  }
  return { file: wanted, size: undefined };
}

async function check(
  platform: CheckPlatform,
  folder: string,
  file: PublishedFile,
  bytes: number | undefined,
  options: CheckOptions,
): Promise<CheckedFile> {
  const { path } = file;
  if (bytes === undefined) return { path, state: 'missing' };
  const damaged = (what: string, met: string, wanted: string): CheckedFile => ({
    path,
    state: 'damaged',
    bytes,
    fault: { what, met, wanted },
  });
  if (file.bytes !== undefined && file.bytes !== bytes) return damaged('bytes', `${bytes}`, `${file.bytes}`);
  const sum = strongest(file);
  if (sum === undefined) return { path, state: file.bytes === undefined ? 'unchecked' : 'ok', bytes };
  const met = await hashFile(platform, platform.joinPath(folder, path), sum.algorithm, options);
  return met === sum.wanted ? { path, state: 'ok', bytes } : damaged(sum.algorithm, met, sum.wanted);
}
