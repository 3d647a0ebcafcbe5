// A zip's central directory: what the archive says it holds, read and checked before anything is unpacked. Sizes are
// held against the file's own, and no two entries may share bytes (Fifield, A better zip bomb, WOOT 2019).
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10), with zip64.

import type { OpenFile } from '@neusim/platform';
import { entryName } from './entry-name';
import { archiveDamaged, archiveTooLarge, archiveTruncated, archiveUnsupported, unsafeEntry } from './errors';

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** Says of a field that its value stands in zip64's. */
const ELSEWHERE = 0xffffffff;
/** 200,000 entries with long names. */
const LARGEST_DIRECTORY = 64 * 2 ** 20;
/** Deflate packs no more bytes into one than these. */
const HARDEST_PACKED = 1032;

const STORED = 0;
const DEFLATED = 8;
const FLAG_ENCRYPTED = 1 | (1 << 6) | (1 << 13);
const UNIX = 3;
const isLink = (mode: number) => (mode & 0o170000) === 0o120000;

export interface ZipEntry {
  /** As the archive writes it. */
  readonly rawName: Uint8Array;
  /** Checked; '' for the archive's root. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly deflated: boolean;
  /** Bytes in the archive, and unpacked. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  /** Of its local header. */
  readonly offset: number;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the directory lies. */
interface End {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
  /** Where what follows the directory begins. */
  readonly at: number;
}

/**
 * All entries, in the order of the directory, and where the directory begins.
 * @throws NeusimError `ARCHIVE_TRUNCATED`, `ARCHIVE_DAMAGED`, `ARCHIVE_UNSAFE_ENTRY`, `ARCHIVE_UNSUPPORTED`,
 *   `ARCHIVE_TOO_LARGE`
 */
export async function readDirectory(file: OpenFile, path: string, maxEntries: number) {
  const end = await findEnd(file, path);
  if (end.entries > maxEntries) throw archiveTooLarge(path, undefined, end.entries, maxEntries, 'entries');
  if (end.bytes > LARGEST_DIRECTORY) throw archiveTooLarge(path, undefined, end.bytes, LARGEST_DIRECTORY);
  if (end.offset + end.bytes > end.at)
    throw archiveDamaged(path, undefined, `a directory of ${end.bytes} bytes at byte ${end.offset}`);
  const directory = await file.read(end.offset, end.bytes);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < end.entries; ) {
    const { entry, next } = readEntry(path, directory, at);
    entries.push(entry);
    at = next;
  }
  refuseOverlaps(path, entries, end.offset);
  return { entries, offset: end.offset };
}

async function findEnd(file: OpenFile, path: string): Promise<End> {
  const length = Math.min(file.size, END_BYTES + LONGEST_COMMENT + LOCATOR64_BYTES);
  const start = file.size - length;
  const tail = await file.read(start, length);
  const view = viewOf(tail);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) > length) continue;
    const end = {
      entries: view.getUint16(at + 10, true),
      bytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
      at: start + at,
    };
    const locator = at - LOCATOR64_BYTES;
    if (locator < 0 || view.getUint32(locator, true) !== LOCATOR64) return end;
    return readEnd64(file, path, Number(view.getBigUint64(locator + 8, true)), start + locator);
  }
  throw archiveTruncated(path, undefined);
}

async function readEnd64(file: OpenFile, path: string, offset: number, before: number): Promise<End> {
  if (offset + 56 > before) throw archiveDamaged(path, undefined, 'a zip64 directory that lies nowhere');
  const view = viewOf(await file.read(offset, 56));
  if (view.getUint32(0, true) !== END64) throw archiveDamaged(path, undefined, 'no zip64 directory');
  return {
    entries: Number(view.getBigUint64(32, true)),
    bytes: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
    at: offset,
  };
}

function readEntry(path: string, directory: Uint8Array, at: number) {
  const broken = (what: string) => archiveDamaged(path, undefined, `directory, byte ${at}: ${what}`);
  if (at + ENTRY_BYTES > directory.length) throw broken('it ends before its last entry');
  const view = viewOf(directory.subarray(at));
  if (view.getUint32(0, true) !== ENTRY) throw broken('no entry');
  const nameEnd = ENTRY_BYTES + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const next = at + extraEnd + view.getUint16(32, true);
  if (next > directory.length) throw broken('it ends inside an entry');
  const rawName = directory.slice(at + ENTRY_BYTES, at + nameEnd);
  const text = new TextDecoder().decode(rawName);
  const flags = view.getUint16(8, true);
  const method = view.getUint16(10, true);
  if (flags & FLAG_ENCRYPTED) throw archiveUnsupported(path, text, 'the entry is encrypted');
  if (method !== STORED && method !== DEFLATED)
    throw archiveUnsupported(path, text, `packed by method ${method}; read are 0 (stored) and 8 (deflated)`);
  if (view.getUint8(5) === UNIX && isLink(view.getUint16(40, true)))
    throw unsafeEntry(path, text, 'a link to another file');
  const told = [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)];
  const [size = 0, packed = 0, offset = 0] = zip64(told, directory.subarray(at + nameEnd, at + extraEnd));
  const deflated = method === DEFLATED;
  if (deflated ? size > HARDEST_PACKED * packed + 64 : size !== packed)
    throw archiveDamaged(path, text, `${packed} bytes that should unpack to ${size}`);
  const entry: ZipEntry = {
    rawName,
    name: entryName(path, text),
    isFolder: text.endsWith('/'),
    deflated,
    packed,
    size,
    crc: view.getUint32(16, true),
    offset,
  };
  return { entry, next };
}

/** Takes from zip64's field what the entry's own fields have no room for: in this order, only those. */
function zip64(told: readonly number[], extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let from = at + 4;
      return told.map((value) => {
        if (value !== ELSEWHERE || from + 8 > Math.min(end, extra.length)) return value;
        from += 8;
        return Number(view.getBigUint64(from - 8, true));
      });
    }
    at = end;
  }
  return [...told];
}

function refuseOverlaps(path: string, entries: readonly ZipEntry[], directory: number): void {
  let free = 0;
  for (const { name, offset, packed, rawName } of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (offset < free) throw archiveDamaged(path, name, 'it shares bytes with another entry');
    free = offset + LOCAL_BYTES + rawName.length + packed;
    if (free > directory) throw archiveDamaged(path, name, 'it goes on behind the directory');
  }
}
