// Tar, plain or gzipped, as one stream: what is in memory is a few pieces of the file, whatever the archive holds.
// POSIX.1-2001 (ustar and pax) and GNU's long names, by modern-tar.

import { NeusimError } from '@neusim/registry';
import { entryName } from './entry-name';
import { archiveDamaged, archiveTooLarge, archiveTruncated, badGzip, unsafeEntry } from './errors';
import { piecesOf, readRest, readStream, streamOf } from './pieces';
import { Taker } from './take';
import type { ArchivePlatform, Extracted, ExtractOptions, ReadOptions } from './types';
import { writeInto } from './write-into';

/** Room for headers and padding: of what is read ahead, and of each entry. */
const OVERHEAD = 4 * 2 ** 20;
const OVERHEAD_OF_ENTRY = 4096;

const REFUSED: Readonly<Record<string, string>> = {
  link: 'a link to another file',
  symlink: 'a link to another file',
  'character-device': 'a device',
  'block-device': 'a device',
  fifo: 'a pipe',
};

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>>;

/** The archive as it is read: errors name the entry that was met last. */
interface Reading {
  readonly path: string;
  readonly options: ReadOptions;
  entry: string | undefined;
  entries: number;
}

/**
 * Reads a `.tar` or `.tar.gz`. Every entry is checked, those that `filter` leaves out too: links and devices are
 * refused, as are names that lead out of a folder.
 * @throws NeusimError `ARCHIVE_UNSAFE_ENTRY`, `ARCHIVE_TOO_LARGE`, `ARCHIVE_TRUNCATED`, `ARCHIVE_BAD_GZIP`,
 *   `ARCHIVE_DAMAGED`, each with `data.file` and, where one was met, `data.entry`; `PLATFORM_FILE_MISSING`,
 *   `PLATFORM_READ_FAILED`; with `into` `PLATFORM_WRITE_FAILED`
 */
export async function extractTar(
  platform: ArchivePlatform,
  path: string,
  { into, ...options }: ExtractOptions,
): Promise<Extracted> {
  const onEntry = into === undefined ? options.onEntry : writeInto(platform, into);
  return readTar(platform, path, { ...options, onEntry });
}

/** The same, to the callback alone. */
export async function readTar(
  platform: Pick<ArchivePlatform, 'openFile'>,
  path: string,
  options: ReadOptions,
): Promise<Extracted> {
  const { createTarDecoder } = await import('modern-tar');
  const file = await platform.openFile(path);
  const taker = new Taker(path, options);
  const reading: Reading = { path, options, entry: undefined, entries: 0 };
  try {
    const [first, second] = await file.read(0, Math.min(2, file.size));
    const { signal, onProgress } = options;
    const pieces = piecesOf(file, { to: file.size, signal, onProgress });
    const plain = first === 0x1f && second === 0x8b ? gunzipped(reading, pieces) : pieces;
    const entries = streamOf(bounded(reading, plain)).pipeThrough(createTarDecoder({ strict: true }));
    for await (const { header, body } of told(reading, readStream(entries))) {
      const { type = 'file', size } = header;
      reading.entry = header.name;
      reading.entries++;
      if (REFUSED[type] !== undefined) throw unsafeEntry(path, header.name, REFUSED[type]);
      const name = entryName(path, header.name);
      taker.count(name, size);
      if (type === 'file' && taker.wants(name, size))
        await taker.take({ name, size, open: () => told(reading, readRest(body)) });
      for await (const _ of told(reading, readRest(body)));
    }
    return taker.result();
  } finally {
    await file.close();
  }
}

/** The same, with what the decoder throws as a coded error. */
async function* told<T>(reading: Reading, pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  const { path, options } = reading;
  try {
    yield* pieces;
  } catch (error) {
    if (error instanceof NeusimError || options.signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    if (/truncated/i.test(reason)) throw archiveTruncated(path, reading.entry, error);
    throw archiveDamaged(path, reading.entry, `no tar archive from here on (${reason})`, error);
  }
}

async function* gunzipped(reading: Reading, pieces: Pieces): Pieces {
  const { path, options } = reading;
  try {
    yield* readStream(streamOf(pieces).pipeThrough(new DecompressionStream('gzip')) as ReadableStream);
  } catch (error) {
    if (error instanceof NeusimError || options.signal?.aborted) throw error;
    const { code, message = '' } = error as { code?: string; message?: string };
    const ends = code === 'Z_BUF_ERROR' || /unexpected end|truncated/i.test(message);
    throw ends ? archiveTruncated(path, reading.entry, error) : badGzip(path, reading.entry, error);
  }
}

async function* bounded(reading: Reading, pieces: Pieces): Pieces {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    const allowed = reading.options.maxBytes + OVERHEAD + OVERHEAD_OF_ENTRY * reading.entries;
    if (bytes > allowed) throw archiveTooLarge(reading.path, reading.entry, bytes, allowed);
    yield piece;
  }
}
