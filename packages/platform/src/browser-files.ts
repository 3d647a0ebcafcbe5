// Files in a browser: the page's origin-private file system, and fetch for http(s) URLs (which are read-only).

import { NeusimError } from '@neusim/registry';
import { collect } from './codecs';
import { fileMissing, fileTooLarge, readFailed, writeFailed } from './errors';
import type { Bytes, FileStat, Files, FileWriter, FolderEntry, OpenFile } from './types';

const isUrl = (path: string) => /^https?:\/\//.test(path);

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new NeusimError('PLATFORM_UNSAFE_PATH', `"${path}" leaves its folder`, {
      data: { path },
      hint: 'the file system of a page has no ".."',
    });
  }
  return parts;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : String(cause);
}

const isMissing = (cause: unknown) => reasonOf(cause) === 'NotFoundError';

function readError(path: string, cause: unknown) {
  if (cause instanceof NeusimError) return cause;
  return isMissing(cause) ? fileMissing(path, cause) : readFailed(path, reasonOf(cause), cause);
}

async function folderAt(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> {
  if (!navigator.storage?.getDirectory) {
    throw new NeusimError('PLATFORM_INSECURE_PAGE', 'this page has no file system of its own', {
      hint: 'serve the page over https: or from localhost',
    });
  }
  let folder = await navigator.storage.getDirectory();
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
  return folder;
}

async function ask(url: string, method: 'GET' | 'HEAD'): Promise<Response> {
  const response = await fetch(url, { method });
  if (response.status === 404) throw fileMissing(url);
  if (!response.ok) throw readFailed(url, `HTTP ${response.status}`);
  return response;
}

/** Counts what arrives: the length that a server announces is that of the packed bytes, or missing. */
async function fetchFile(url: string, maxBytes: number): Promise<Bytes> {
  const { body } = await ask(url, 'GET');
  if (!body) return new Uint8Array();
  return collect(body, maxBytes, (bytes) => fileTooLarge(url, bytes, maxBytes));
}

async function fileAt(path: string): Promise<File> {
  const parts = partsOf(path);
  const folder = await folderAt(parts.slice(0, -1), false);
  return (await folder.getFileHandle(parts.at(-1) ?? '')).getFile();
}

export async function readFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Bytes> {
  try {
    if (isUrl(path)) return await fetchFile(path, maxBytes);
    const file = await fileAt(path);
    if (file.size > maxBytes) throw fileTooLarge(path, file.size, maxBytes);
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function size(path: string): Promise<number> {
  try {
    if (!isUrl(path)) return (await fileAt(path)).size;
    const length = (await ask(path, 'HEAD')).headers.get('content-length');
    if (length === null) throw readFailed(path, 'the server tells no size');
    return Number(length);
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function readText(path: string, maxBytes?: number): Promise<string> {
  return new TextDecoder().decode(await readFile(path, maxBytes));
}

/** A writable of this file system writes beside the file and replaces it on `close`. */
export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  if (isUrl(path)) throw writeFailed(path, 'URLs are read-only');
  let writable: FileSystemWritableFileStream | undefined;
  try {
    const parts = partsOf(path);
    const folder = await folderAt(parts.slice(0, -1), false);
    const name = parts.at(-1) ?? '';
    const isNew = !(await exists(path));
    const handle = await folder.getFileHandle(name, { create: true });
    try {
      writable = await handle.createWritable();
      await writable.write(typeof data === 'string' ? data : new Uint8Array(data));
      await writable.close();
    } catch (cause) {
      await writable?.abort().catch(() => {});
      if (isNew) await folder.removeEntry(name).catch(() => {});
      throw cause;
    }
  } catch (cause) {
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

/** A writable that goes on at the end of what is there. */
async function appendable(path: string) {
  const parts = partsOf(path);
  const folder = await folderAt(parts.slice(0, -1), false);
  const handle = await folder.getFileHandle(parts.at(-1) ?? '', { create: true });
  const { size } = await handle.getFile();
  const writable = await handle.createWritable({ keepExistingData: true });
  await writable.seek(size);
  return { writable, size };
}

export async function appendFile(path: string, data: Uint8Array | string): Promise<void> {
  if (isUrl(path)) throw writeFailed(path, 'URLs are read-only');
  try {
    const { writable } = await appendable(path);
    await writable.write(typeof data === 'string' ? data : new Uint8Array(data));
    await writable.close();
  } catch (cause) {
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

/** Of a URL the whole is fetched at once. */
export async function openFile(path: string): Promise<OpenFile> {
  try {
    const file: Blob = isUrl(path) ? new Blob([await readFile(path)]) : await fileAt(path);
    return {
      size: file.size,
      async read(offset, length) {
        if (offset + length > file.size) throw readFailed(path, `it ends at byte ${file.size}`);
        try {
          return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
        } catch (cause) {
          throw readError(path, cause);
        }
      },
      close: async () => {},
    };
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** A writable holds what it is given back until it is closed, so that each write is one of its own. */
export async function createFile(
  path: string,
  { resume = false }: { readonly resume?: boolean | undefined } = {},
): Promise<FileWriter> {
  const beside = `${path}.partial`;
  if (isUrl(path)) throw writeFailed(path, 'URLs are read-only');
  if (!resume) await removeFile(beside);
  const failed = (cause: unknown) =>
    cause instanceof NeusimError ? cause : writeFailed(path, reasonOf(cause), cause);
  const parts = partsOf(beside);
  let handle: Movable;
  let position: number;
  try {
    const folder = await folderAt(parts.slice(0, -1), false);
    handle = (await folder.getFileHandle(parts.at(-1) ?? '', { create: true })) as Movable;
    position = (await handle.getFile()).size;
  } catch (cause) {
    throw failed(cause);
  }
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      await appendFile(beside, bytes);
      position += bytes.length;
    },
    async finish() {
      try {
        await handle.move(partsOf(path).at(-1) ?? '');
      } catch (cause) {
        throw failed(cause);
      }
    },
    keep: async () => {},
    discard: () => removeFile(beside),
  };
}

export async function stat(path: string): Promise<FileStat> {
  try {
    if (isUrl(path)) return { isFolder: false, size: await size(path), modified: 0 };
    const { size: bytes, lastModified } = await fileAt(path);
    return { isFolder: false, size: bytes, modified: lastModified };
  } catch (cause) {
    if (reasonOf(cause) === 'TypeMismatchError') return { isFolder: true, size: 0, modified: 0 };
    throw readError(path, cause);
  }
}

export async function exists(path: string): Promise<boolean> {
  const parts = isUrl(path) ? [] : partsOf(path);
  const name = parts.at(-1);
  try {
    if (isUrl(path)) return (await fetch(path, { method: 'HEAD' })).ok;
    if (name === undefined) return true;
    const folder = await folderAt(parts.slice(0, -1), false);
    await folder.getFileHandle(name).catch((cause) => {
      if (reasonOf(cause) !== 'TypeMismatchError') throw cause;
    });
    return true;
  } catch (cause) {
    if (isMissing(cause) || reasonOf(cause) === 'TypeMismatchError') return false;
    throw readError(path, cause);
  }
}

export async function makeFolder(path: string): Promise<void> {
  try {
    await folderAt(partsOf(path), true);
  } catch (cause) {
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    const names: string[] = [];
    for await (const name of (await folderAt(partsOf(path), false)).keys()) names.push(name);
    return names.sort();
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function listEntries(path: string): Promise<readonly FolderEntry[]> {
  try {
    const entries: FolderEntry[] = [];
    for await (const { name, kind } of (await folderAt(partsOf(path), false)).values())
      entries.push({ name, isFolder: kind === 'directory', isLink: false });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw readError(path, cause);
  }
}

export async function realPath(path: string): Promise<string> {
  if (!(await exists(path))) throw fileMissing(path);
  return isUrl(path) ? path : partsOf(path).join('/');
}

export async function removeFile(path: string): Promise<void> {
  try {
    const parts = partsOf(path);
    const folder = await folderAt(parts.slice(0, -1), false);
    await folder.removeEntry(parts.at(-1) ?? '');
  } catch (cause) {
    if (isMissing(cause)) return;
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

export async function removeFolder(path: string): Promise<void> {
  try {
    const parts = partsOf(path);
    const folder = await folderAt(parts.slice(0, -1), false);
    await folder.removeEntry(parts.at(-1) ?? '', { recursive: true });
  } catch (cause) {
    if (isMissing(cause)) return;
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(path, reasonOf(cause), cause);
  }
}

type Movable = FileSystemFileHandle & {
  move(name: string): Promise<void>;
  move(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
};

/** Browsers move files, not folders. */
async function moveAll(from: FileSystemDirectoryHandle, to: FileSystemDirectoryHandle): Promise<void> {
  const entries: FileSystemHandle[] = [];
  for await (const entry of from.values()) entries.push(entry);
  for (const entry of entries) {
    const { kind, name } = entry;
    if (kind === 'file') await (entry as Movable).move(to, name);
    else
      await moveAll(entry as FileSystemDirectoryHandle, await to.getDirectoryHandle(name, { create: true }));
  }
}

export async function renameFolder(from: string, to: string): Promise<void> {
  try {
    if (await exists(to)) throw writeFailed(to, 'it is there');
    await moveAll(await folderAt(partsOf(from), false), await folderAt(partsOf(to), true));
    await removeFolder(from);
  } catch (cause) {
    if (cause instanceof NeusimError) throw cause;
    throw writeFailed(to, reasonOf(cause), cause);
  }
}

export const cacheFolder = () => 'neusim-cache';

export function joinPath(...parts: readonly string[]): string {
  const [first = '', ...rest] = parts.filter((part) => part !== '');
  return [first.replace(/\/+$/, ''), ...rest.map((part) => part.replace(/^\/+|\/+$/g, ''))].join('/');
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
