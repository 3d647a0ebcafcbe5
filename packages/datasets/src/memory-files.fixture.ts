// Files that exist in a test only.

import { gunzip } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { DatasetFiles } from './types';

/** Reads from `contents`, path by path. */
export function memoryFiles(contents: Readonly<Record<string, Uint8Array | string>>): DatasetFiles {
  const readFile = async (path: string) => {
    const found = contents[path];
    if (found === undefined) throw new NeusimError('PLATFORM_FILE_MISSING', path, { data: { path } });
    return typeof found === 'string' ? new TextEncoder().encode(found) : new Uint8Array(found);
  };
  return {
    readFile,
    readText: async (path) => new TextDecoder().decode(await readFile(path)),
    exists: async (path) => path in contents,
    joinPath: (...parts) => parts.join('/'),
    gunzip,
    openFile: async (path) => {
      const bytes = await readFile(path);
      return {
        size: bytes.length,
        read: async (offset, length) => bytes.slice(offset, offset + length),
        close: async () => {},
      };
    },
  };
}
