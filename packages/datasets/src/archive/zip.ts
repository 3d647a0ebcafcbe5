// Zip, by its central directory: entries are read where they lie, stored or deflated, each in bounded memory, and their
// CRC-32 is checked. (.npz is a zip of .npy files.)

import type { OpenFile } from '@neusim/platform';
import { archiveDamaged, archiveTooLarge, archiveTruncated } from './errors';
import { piecesOf } from './pieces';
import { type RawEntry, Taker } from './take';
import type { ArchivePlatform, Extracted, ExtractOptions, ReadOptions } from './types';
import { writeInto } from './write-into';
import { readDirectory, type ZipEntry } from './zip-directory';

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MOST_ENTRIES = 2_000_000;

/** A file in a zip. */
export interface ZipFile extends RawEntry {
  readonly packed: number;
  /** Where its bytes begin, of one that is not packed. They are read without their checksum there. */
  stored?(): Promise<number>;
}

/** An open zip; `close` lets go of the file. */
export interface Zip {
  readonly path: string;
  readonly file: OpenFile;
  /** Files alone, in the order of the directory. */
  readonly entries: readonly ZipFile[];
  close(): Promise<void>;
}

/**
 * Opens a zip and reads its directory. An entry may be read any number of times.
 * @throws NeusimError what `extractZip` throws
 */
export async function openZip(
  platform: Pick<ArchivePlatform, 'openFile'>,
  path: string,
  {
    maxEntries = MOST_ENTRIES,
    signal,
    onProgress,
  }: Pick<Partial<ReadOptions>, 'maxEntries' | 'signal' | 'onProgress'> = {},
): Promise<Zip> {
  const file = await platform.openFile(path);
  try {
    const { entries, offset } = await readDirectory(file, path, maxEntries);
    const raw = entries
      .filter(({ isFolder, name }) => !isFolder && name !== '')
      .map((entry) => ({
        name: entry.name,
        size: entry.size,
        packed: entry.packed,
        open: () => unpacked(file, path, entry, { directory: offset, signal, onProgress }),
        ...(!entry.deflated && { stored: () => placeOf(file, path, entry, offset) }),
      }));
    return { path, file, entries: raw, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a `.zip`, entry by entry. Links are refused, as are names that lead out of a folder, encrypted entries, and
 * entries that share bytes.
 * @throws NeusimError `ARCHIVE_UNSAFE_ENTRY`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_TRUNCATED`, `ARCHIVE_DAMAGED`,
 *   `ARCHIVE_UNSUPPORTED`, each with `data.file` and, where one was met, `data.entry`; `PLATFORM_FILE_MISSING`,
 *   `PLATFORM_READ_FAILED`; with `into` `PLATFORM_WRITE_FAILED`
 */
export async function extractZip(
  platform: ArchivePlatform,
  path: string,
  { into, ...rest }: ExtractOptions,
): Promise<Extracted> {
  const options = { ...rest, onEntry: into === undefined ? rest.onEntry : writeInto(platform, into) };
  const zip = await openZip(platform, path, options);
  const taker = new Taker(path, options);
  try {
    for (const { name, size } of zip.entries) taker.count(name, size);
    for (const entry of zip.entries) if (taker.wants(entry.name, entry.size)) await taker.take(entry);
    return taker.result();
  } finally {
    await zip.close();
  }
}

interface Where {
  readonly directory: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ReadOptions['onProgress'];
}

async function* unpacked(file: OpenFile, path: string, entry: ZipEntry, where: Where) {
  const { name, size, packed, deflated, crc } = entry;
  const { createCRC32 } = await import('hash-wasm');
  const sum = await createCRC32();
  const from = await placeOf(file, path, entry, where.directory);
  const pieces = piecesOf(file, { from, to: from + packed, ...where });
  let found = 0;
  for await (const piece of deflated ? inflated(path, name, pieces) : pieces) {
    found += piece.length;
    if (found > size) throw archiveTooLarge(path, name, found, size);
    sum.update(piece);
    yield piece;
  }
  if (found < size) throw archiveTruncated(path, name);
  if (Number.parseInt(sum.digest(), 16) !== crc)
    throw archiveDamaged(path, name, 'its bytes are not those that were packed (CRC-32)');
}

async function placeOf(file: OpenFile, path: string, entry: ZipEntry, directory: number): Promise<number> {
  const from = await dataStart(file, path, entry);
  if (from + entry.packed > directory)
    throw archiveDamaged(path, entry.name, 'it goes on behind the directory');
  return from;
}

/** Behind the local header, which has to name the same entry. */
async function dataStart(file: OpenFile, path: string, { name, offset, rawName }: ZipEntry): Promise<number> {
  const header = await file.read(offset, LOCAL_BYTES + rawName.length);
  const view = new DataView(header.buffer);
  const named = header.subarray(LOCAL_BYTES);
  if (
    view.getUint32(0, true) !== LOCAL ||
    view.getUint16(26, true) !== rawName.length ||
    !rawName.every((byte, index) => byte === named[index])
  )
    throw archiveDamaged(path, name, `another entry at byte ${offset}`);
  return offset + header.length + view.getUint16(28, true);
}

async function* inflated(path: string, name: string, pieces: AsyncIterable<Uint8Array>) {
  const { Inflate } = await import('fflate');
  let out: Uint8Array[] = [];
  const inflate = new Inflate((chunk) => out.push(chunk));
  const push = (piece: Uint8Array, final: boolean) => {
    out = [];
    try {
      inflate.push(piece, final);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (/unexpected EOF/i.test(reason)) throw archiveTruncated(path, name, error);
      throw archiveDamaged(path, name, `deflated data that do not unpack (${reason})`, error);
    }
    return out;
  };
  for await (const piece of pieces) yield* push(piece, false);
  yield* push(new Uint8Array(0), true);
}
