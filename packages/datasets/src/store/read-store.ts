// Decoded images in a file as splits: in memory, or read when a batch wants them.

import type { OpenFile } from '@neusim/platform';
import type { DatasetPlatform, ImageShape, OpenOptions, Split, StoredImages } from '../types';
import type { EncodedImage } from './encoded';
import { cacheDamaged } from './errors';
import { removeIndex } from './index-file';
import type { Records } from './records';
import { CHUNK_BYTES, scan } from './scan';

/** Some images of a file. */
export interface StoredPart {
  readonly shape: ImageShape;
  readonly images: readonly EncodedImage[];
  /** [count] of the images that are kept: which record each is. */
  readonly positions: Int32Array;
  /** Record of the first of `images`. */
  readonly start: number;
}

/** Labels and names of a part, around its images. */
export function splitOf({ shape, images, positions, start }: StoredPart, of: Split['images']): Split {
  const imageOf = (index: number) => images[(positions[index] as number) - start] as EncodedImage;
  return {
    count: positions.length,
    shape,
    images: of,
    labels: Int32Array.from(positions, (_, index) => imageOf(index).label),
    nameOf: (index) => imageOf(index).name,
  };
}

/**
 * The pixels of records, one kept record after the other; undefined where the file is damaged.
 * @param from, to records to read; the file is passed through from its start.
 */
export async function loadParts(
  platform: DatasetPlatform,
  file: string,
  records: Records,
  parts: readonly { readonly start: number; readonly end: number; readonly kept: number }[],
  { signal, onProgress }: OpenOptions,
): Promise<Uint8Array[] | undefined> {
  const loaded = parts.map(({ kept }) => ({ bytes: new Uint8Array(kept * records.pixels), at: 0 }));
  const count = Math.max(...parts.map(({ end }) => end));
  const good = await scan(
    platform,
    file,
    records,
    count,
    ({ index, skipped, pixels }) => {
      if (index % 256 === 0) onProgress?.({ phase: 'reading', done: index, total: count });
      if (skipped) return;
      const part = parts.findIndex(({ start, end }) => index >= start && index < end);
      const into = loaded[part];
      if (!into) return;
      into.bytes.set(pixels, into.at);
      into.at += records.pixels;
    },
    signal,
  );
  const isWhole = good === count && loaded.every(({ bytes, at }) => at === bytes.length);
  return isWhole ? loaded.map(({ bytes }) => bytes) : undefined;
}

/** Images that are read by `open` when they are wanted; neighbours in the file together. */
export function storedImages(
  platform: DatasetPlatform,
  file: string,
  open: OpenFile,
  records: Records,
  positions: Int32Array,
): StoredImages {
  const { size, pixels } = records;
  const damaged = async (image: number, cause?: unknown) => {
    await removeIndex(platform, file).catch(() => {});
    return cacheDamaged(file, image, cause);
  };
  const readRun = async (run: Run, out: Uint8Array) => {
    const bytes = await open
      .read(run.first * size, (run.last - run.first + 1) * size)
      .catch(async (cause) => {
        throw await damaged(run.first, cause);
      });
    for (const { record, to } of run.wanted) {
      const at = (record - run.first) * size;
      if (records.look(bytes, at, record) !== 'whole') throw await damaged(record);
      out.set(bytes.subarray(at, at + pixels), to * pixels);
    }
  };
  return {
    async read(indices) {
      const out = new Uint8Array(indices.length * pixels);
      const wanted = Array.from(indices, (index, to) => ({ record: positions[index] as number, to }));
      const reads = runsOf(wanted, size).map((run) => readRun(run, out));
      await Promise.all(reads);
      return out;
    },
  };
}

interface Wanted {
  readonly record: number;
  /** Its place in the result. */
  readonly to: number;
}

interface Run {
  readonly first: number;
  last: number;
  readonly wanted: Wanted[];
}

/** A gap that costs less to read than another read does. */
const GAP_BYTES = 16 * 1024;

/** Groups of records that are read at once. */
function runsOf(wanted: Wanted[], size: number): Run[] {
  const gap = 1 + Math.floor(GAP_BYTES / size);
  const most = Math.max(1, Math.floor(CHUNK_BYTES / size));
  const runs: Run[] = [];
  for (const each of wanted.sort((a, b) => a.record - b.record)) {
    const run = runs.at(-1);
    if (run && each.record - run.last <= gap && each.record - run.first < most) {
      run.last = each.record;
      run.wanted.push(each);
    } else runs.push({ first: each.record, last: each.record, wanted: [each] });
  }
  return runs;
}
