// Files in Node.

import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile as read, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileMissing, fileTooLarge, readFailed, writeFailed } from './errors';
import type { Bytes, Files } from './types';

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

function readError(path: string, cause: unknown) {
  const reason = reasonOf(cause);
  return reason === 'ENOENT' ? fileMissing(path, cause) : readFailed(path, reason, cause);
}

export async function readFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Bytes> {
  const bytes = maxBytes < Number.POSITIVE_INFINITY ? await size(path) : 0;
  if (bytes > maxBytes) throw fileTooLarge(path, bytes, maxBytes);
  try {
    const { buffer, byteOffset, length } = await read(path);
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function size(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw readError(path, cause);
  }
  throw readFailed(path, 'it is no file');
}

export async function readText(path: string, maxBytes?: number): Promise<string> {
  return new TextDecoder().decode(await readFile(path, maxBytes));
}

/** Makes a rename last through a power cut; not every system lets a folder be flushed. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.partial`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw writeFailed(path, reasonOf(cause), cause);
  }
  await flushFolder(dirname(path));
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(reasonOf(cause))) return false;
    throw readError(path, cause);
  }
}

export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export function joinPath(...parts: readonly string[]): string {
  return join(...parts);
}

export const files: Files = {
  readFile,
  readText,
  size,
  writeAtomic,
  exists,
  makeFolder,
  listFolder,
  removeFile,
  joinPath,
};
