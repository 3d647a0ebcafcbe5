// The few files of an archive that a reader wants, held in memory as if they lay in a folder of the archive's name.

import { NeusimError } from '@neusim/registry';
import type { DatasetFiles, OpenOptions } from '../types';
import { readTar } from './tar';

/** What is unpacked, and how much of it. */
export interface Wanted {
  /** Last parts of the entries' names. */
  readonly names: readonly string[];
  /** Of one such file, and of the whole archive. */
  readonly maxEntryBytes: number;
  readonly maxBytes: number;
}

/**
 * Reads a `.tar` or `.tar.gz`. An entry's path is `ARCHIVE/ENTRY`, so that errors name both; each can be read once.
 * @throws NeusimError what `extractTar` throws
 */
export async function unpackedFiles(
  files: DatasetFiles,
  archive: string,
  { names, maxEntryBytes, maxBytes }: Wanted,
  { signal, onProgress }: OpenOptions = {},
): Promise<DatasetFiles> {
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  await readTar(files, archive, {
    filter: (name) => names.includes(name.slice(name.lastIndexOf('/') + 1)),
    onEntry: async (entry) => {
      found.set(files.joinPath(archive, entry.name), await entry.bytes());
    },
    maxEntryBytes,
    maxBytes,
    signal,
    onProgress: onProgress && ((progress) => onProgress(progress)),
  });
  const readFile: DatasetFiles['readFile'] = async (path) => {
    const bytes = found.get(path);
    found.delete(path);
    if (bytes) return bytes;
    const entry = path.slice(files.joinPath(archive).length + 1);
    throw new NeusimError('ARCHIVE_ENTRY_MISSING', `${archive} holds no entry "${entry}"`, {
      data: { file: archive, entry },
      hint: 'fetch the archive again, and check that it is the one this data set wants',
    });
  };
  return {
    ...files,
    readFile,
    readText: async (path) => new TextDecoder().decode(await readFile(path)),
    exists: async (path) => found.has(path),
  };
}
