// What an archive gives while it is read, entry by entry, and how it is read.

import type { Bytes, Platform } from '@neusim/platform';
import type { OpenProgress } from '../types';

/** What reading an archive needs of `@neusim/platform`; the package itself, as a namespace, fits. */
export type ArchivePlatform = Pick<
  Platform,
  'openFile' | 'makeFolder' | 'appendFile' | 'removeFile' | 'joinPath'
>;

/** One file of an archive. It can be read once, and only until `onEntry` has resolved; what is not read is skipped. */
export interface ArchiveEntry {
  /** Parts separated by `/`; checked: it leads to no place outside a folder it is unpacked in. */
  readonly name: string;
  /** Bytes when unpacked: as told by the archive, and held to. */
  readonly size: number;
  /** The bytes, piece by piece. */
  chunks(): AsyncIterable<Uint8Array>;
  /** All bytes at once. */
  bytes(): Promise<Bytes>;
}

/** How an archive is read. */
export interface ReadOptions {
  /** Called for one file after the other, in the archive's order; the next waits for its promise. */
  readonly onEntry?: ((entry: ArchiveEntry) => void | Promise<void>) | undefined;
  /** Only files of these names; the others are checked all the same. */
  readonly filter?: ((name: string) => boolean) | undefined;
  /** All files together, unpacked; more is refused, before memory or disk is taken where the archive tells. */
  readonly maxBytes: number;
  /** One file of those that pass `filter`; default: `maxBytes`. */
  readonly maxEntryBytes?: number | undefined;
  /** Files, folders and others; default 2,000,000. */
  readonly maxEntries?: number | undefined;
  /** Stops between two pieces, and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** `unpacking`, in bytes of the archive. */
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined;
}

export interface ExtractOptions extends ReadOptions {
  /**
   * Instead of `onEntry`: writes every file below this folder, which is made where it is missing. Not atomic: what was
   * unpacked before an error stays, save the file that was being written; unpack in a folder of your own, and take it
   * once this resolves.
   */
  readonly into?: string | undefined;
}

/** What was taken out of an archive. */
export interface Extracted {
  /** Files that passed `filter`. */
  readonly files: number;
  /** Their bytes, unpacked. */
  readonly bytes: number;
}
