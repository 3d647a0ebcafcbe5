// Files in Node.

import { randomUUID } from 'node:crypto';
import {
  appendFile as append,
  type FileHandle,
  stat as info,
  mkdir,
  open,
  readFile as read,
  readdir,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileMissing, fileTooLarge, readFailed, writeFailed } from './errors';
import type { Bytes, FileStat, Files, FileWriter, FolderEntry, OpenFile } from './types';

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
  const { isFolder, size } = await stat(path);
  if (isFolder) throw readFailed(path, 'it is no file');
  return size;
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

export async function appendFile(path: string, data: Uint8Array | string): Promise<void> {
  try {
    await append(path, data);
  } catch (cause) {
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export async function openFile(path: string): Promise<OpenFile> {
  const bytes = await size(path);
  const file = await open(path, 'r').catch((cause) => {
    throw readError(path, cause);
  });
  return {
    size: bytes,
    async read(offset, length) {
      const into = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(into, done, length - done, offset + done).catch((cause) => {
          throw readError(path, cause);
        });
        if (bytesRead === 0) throw readFailed(path, `it ends at byte ${offset + done}`);
        done += bytesRead;
      }
      return into;
    },
    close: () => file.close(),
  };
}

export async function createFile(
  path: string,
  { resume = false }: { readonly resume?: boolean | undefined } = {},
): Promise<FileWriter> {
  const beside = `${path}.partial`;
  const failed = (cause: unknown) => writeFailed(path, reasonOf(cause), cause);
  let file: FileHandle;
  let position = 0;
  try {
    file = await open(beside, resume ? 'a' : 'w');
    if (resume) position = (await file.stat()).size;
  } catch (cause) {
    throw failed(cause);
  }
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      try {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
          done += bytesWritten;
          position += bytesWritten;
        }
      } catch (cause) {
        throw failed(cause);
      }
    },
    async finish() {
      try {
        await file.sync();
        await file.close();
        await rename(beside, path);
      } catch (cause) {
        await file.close().catch(() => {});
        throw failed(cause);
      }
      await flushFolder(dirname(path));
    },
    async keep() {
      await file.sync().catch(() => {});
      await file.close();
    },
    async discard() {
      await file.close();
      await rm(beside, { force: true });
    },
  };
}

export async function stat(path: string): Promise<FileStat> {
  try {
    const found = await info(path);
    if (found.isDirectory()) return { isFolder: true, size: 0, modified: 0 };
    if (found.isFile()) return { isFolder: false, size: found.size, modified: found.mtimeMs };
  } catch (cause) {
    throw readError(path, cause);
  }
  throw readFailed(path, 'it is no file');
}

export async function exists(path: string): Promise<boolean> {
  try {
    await info(path);
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

export async function listEntries(path: string): Promise<readonly FolderEntry[]> {
  try {
    const found = await readdir(path, { withFileTypes: true });
    const entries = found.map(async (entry) => {
      const { name } = entry;
      if (!entry.isSymbolicLink()) return { name, isFolder: entry.isDirectory(), isLink: false };
      const target = await info(join(path, name)).catch(() => undefined);
      return { name, isFolder: target?.isDirectory() ?? false, isLink: true };
    });
    return (await Promise.all(entries)).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
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

export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (cause) {
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export async function renameFolder(from: string, to: string): Promise<void> {
  if (await exists(to)) throw writeFailed(to, 'EEXIST');
  try {
    await rename(from, to);
  } catch (cause) {
    throw writeFailed(to, reasonOf(cause), cause);
  }
  await flushFolder(dirname(to));
}

/** Where this system's programs keep what can be made again. */
export function cacheFolder(): string {
  const { NEUSIM_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (NEUSIM_CACHE) return NEUSIM_CACHE;
  const usual =
    process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
  return join(XDG_CACHE_HOME || (process.platform === 'win32' && LOCALAPPDATA) || usual, 'neusim');
}

export function joinPath(...parts: readonly string[]): string {
  return join(...parts);
}

export const files: Files = {
  readFile,
  readText,
  size,
  writeAtomic,
  appendFile,
  openFile,
  createFile,
  stat,
  exists,
  makeFolder,
  listFolder,
  listEntries,
  realPath,
  removeFile,
  removeFolder,
  renameFolder,
  cacheFolder,
  joinPath,
};
