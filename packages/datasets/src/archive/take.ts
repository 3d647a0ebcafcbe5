// What becomes of a safe entry, whatever kind of archive it lies in: it is counted, bounded, and given to the caller.

import type { Bytes } from '@neusim/platform';
import { archiveTooLarge, archiveTruncated } from './errors';
import type { ArchiveEntry, Extracted, ReadOptions } from './types';

const MOST_ENTRIES = 2_000_000;

/** An entry as its archive tells it, before anything of it is unpacked. */
export interface RawEntry {
  /** Checked by `entryName`. */
  readonly name: string;
  readonly size: number;
  /** At most once. */
  open(): AsyncIterable<Uint8Array>;
}

/** Counts entries and bytes against their bounds, and hands out those that are wanted. */
export class Taker {
  private entries = 0;
  private told = 0;
  private files = 0;
  private bytes = 0;

  constructor(
    private readonly archive: string,
    private readonly options: ReadOptions,
  ) {}

  /** For every entry, before any of it is read. @throws NeusimError `ARCHIVE_TOO_LARGE` */
  count(name: string, size: number): void {
    const { maxBytes, maxEntries = MOST_ENTRIES, signal } = this.options;
    signal?.throwIfAborted();
    this.entries++;
    this.told += size;
    if (this.entries > maxEntries)
      throw archiveTooLarge(this.archive, name, this.entries, maxEntries, 'entries');
    if (this.told > maxBytes) throw archiveTooLarge(this.archive, name, this.told, maxBytes);
  }

  /** Whether the caller wants this file. @throws NeusimError `ARCHIVE_TOO_LARGE` where it may not have it */
  wants(name: string, size: number): boolean {
    const { filter, maxBytes, maxEntryBytes = maxBytes } = this.options;
    if (name === '' || filter?.(name) === false) return false;
    if (size > maxEntryBytes) throw archiveTooLarge(this.archive, name, size, maxEntryBytes);
    return true;
  }

  /** Gives one wanted file to the caller. */
  async take(raw: RawEntry): Promise<void> {
    const { onEntry, signal } = this.options;
    await onEntry?.(entryOf(this.archive, raw, signal));
    this.files++;
    this.bytes += raw.size;
  }

  result(): Extracted {
    return { files: this.files, bytes: this.bytes };
  }
}

function entryOf(archive: string, { name, size, open }: RawEntry, signal?: AbortSignal): ArchiveEntry {
  const chunks = async function* () {
    let found = 0;
    for await (const chunk of open()) {
      signal?.throwIfAborted();
      found += chunk.length;
      if (found > size) throw archiveTooLarge(archive, name, found, size);
      yield chunk;
    }
    if (found < size) throw archiveTruncated(archive, name);
  };
  return {
    name,
    size,
    chunks,
    async bytes() {
      const all: Bytes = new Uint8Array(size);
      let at = 0;
      for await (const chunk of chunks()) {
        all.set(chunk, at);
        at += chunk.length;
      }
      return all;
    },
  };
}
