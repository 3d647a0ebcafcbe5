// Decodes all images of a data set into one file. A part that was left, by a stop or a kill, is looked at and gone on
// with; a record that was cut in the middle is written to its end.

import type { FileWriter } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { ByteCounts } from '../normalize';
import type { DatasetPlatform, OpenOptions } from '../types';
import { decodeImages } from './decode-images';
import type { EncodedImage, ImageOptions } from './encoded';
import { badImage, cacheBusy, toCache } from './errors';
import type { StoreIndex } from './index-file';
import type { Records } from './records';
import { recordsAtOnce, scan } from './scan';

export interface StoreWork {
  readonly platform: DatasetPlatform;
  readonly file: string;
  readonly key: string;
  readonly records: Records;
  /** All, those to train on first. */
  readonly images: readonly EncodedImage[];
  readonly trainCount: number;
  readonly image: ImageOptions;
  readonly options: OpenOptions;
}

/** What is known of the images so far. */
interface Tally {
  readonly counts: ByteCounts;
  readonly skipped: [number, string][];
}

/** Why an image was left out, where only the file of images tells that it was. */
const SKIPPED_BEFORE = 'it does not decode';

/**
 * Makes the file, or finishes or checks the one that is there.
 * @throws NeusimError `DATASET_BAD_IMAGE`, `DATASET_CACHE_FAILED`, `DATASET_CACHE_BUSY`, what decoding throws; the
 *   signal's reason. What was decoded is kept.
 */
export async function makeStore(work: StoreWork): Promise<StoreIndex> {
  const { platform, file, records, images, image, key } = work;
  const bytes = images.length * records.size;
  const done = (tally: Tally) => ({
    key,
    bytes,
    skipped: tally.skipped,
    statistics: tally.counts.statistics(),
  });

  const whole = await look(work, file);
  if (whole && whole.good === images.length && (await platform.size(file)) === bytes) return done(whole);
  const part = await look(work, partOf(file));
  const resume = part !== undefined && (await goesOn(work, part.good));
  const tally = resume ? part : { counts: new ByteCounts(image.channels), skipped: [], good: 0 };
  const writer = await guard(work, undefined, () => platform.createFile(file, { resume }));
  await decodeInto(work, writer, tally, tally.good);
  return done(tally);
}

const partOf = (file: string) => `${file}.partial`;

/** What of a file is good; undefined where there is no file. */
async function look(work: StoreWork, file: string): Promise<(Tally & { good: number }) | undefined> {
  const { platform, records, images, trainCount, image, options } = work;
  if (!(await platform.exists(file))) return undefined;
  const counts = new ByteCounts(image.channels);
  const skipped: [number, string][] = [];
  const tell = ({
    index,
    skipped: isSkipped,
    pixels,
  }: {
    index: number;
    skipped: boolean;
    pixels: Uint8Array;
  }) => {
    if (isSkipped) skipped.push([index, SKIPPED_BEFORE]);
    else if (index < trainCount) counts.add(pixels);
    if (index % 256 === 0) options.onProgress?.({ phase: 'reading', done: index, total: images.length });
  };
  const good = await scan(platform, file, records, images.length, tell, options.signal);
  return { counts, skipped, good };
}

/** A part is gone on with where all its whole records are good. */
async function goesOn({ platform, file, records, images }: StoreWork, good: number): Promise<boolean> {
  const size = await platform.size(partOf(file));
  return Math.floor(size / records.size) === good && size <= images.length * records.size;
}

/** The images from `first` on, behind what the writer has of them. */
async function decodeInto(work: StoreWork, writer: FileWriter, tally: Tally, first: number): Promise<void> {
  const { platform, records, images, trainCount, image, options } = work;
  const atOnce = recordsAtOnce(records);
  const chunk = new Uint8Array(Math.min(atOnce, images.length) * records.size);
  let filled = 0;
  let index = first;
  // Of the first record, what a stop or a full disk let through.
  let from = writer.position - first * records.size;
  const flush = async () => {
    const bytes = chunk.subarray(from, filled);
    // Never written twice, though it fails.
    from = 0;
    filled = 0;
    await requireAlone(work, writer);
    await guard(work, writer, () => writer.write(bytes));
  };
  let finished = false;
  try {
    for (const [left, reason] of tally.skipped)
      if (!image.skipCorrupt) throw badImage((images[left] as EncodedImage).name, reason);
    for await (const found of decodeImages(platform, images, first, image, options)) {
      const isBad = found instanceof NeusimError;
      if (isBad) {
        chunk.fill(0, filled, filled + records.pixels);
        tally.skipped.push([index, String(found.data.reason)]);
      } else {
        chunk.set(found, filled);
        if (index < trainCount) tally.counts.add(found);
      }
      records.seal(chunk, filled, index, isBad);
      filled += records.size;
      index++;
      if (filled === chunk.length) await flush();
      options.onProgress?.({ phase: 'decoding', done: index, total: images.length });
    }
    if (filled > 0) await flush();
    await requireAlone(work, writer);
    await guard(work, writer, () => writer.finish());
    finished = true;
  } finally {
    // What stopped the decoding matters more than what can be kept.
    if (!finished && filled > 0) await flush().catch(() => {});
    if (!finished) await writer.keep().catch(() => {});
  }
}

/** Two processes that write to one file would spoil it; each sees it grow, or gone, behind its back. */
async function requireAlone({ platform, file }: StoreWork, { position }: FileWriter): Promise<void> {
  const size = await platform.size(partOf(file)).catch(() => -1);
  if (size !== position) throw cacheBusy(file);
}

function guard<T>(
  { file, images, records }: StoreWork,
  writer: FileWriter | undefined,
  write: () => Promise<T>,
) {
  const kept = () => Math.floor((writer?.position ?? 0) / records.size);
  return toCache(file, images.length * records.size, kept, write);
}
