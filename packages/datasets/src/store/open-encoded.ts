// From encoded images to a data set: every image is decoded once, into a file of the cache folder; what fits the memory
// is held there, the rest is read batch by batch. A damaged file is made again.

import { NeusimError } from '@neusim/registry';
import { ByteCounts } from '../normalize';
import type { Dataset, DatasetPlatform, ImageShape, OpenOptions, Split, Statistics } from '../types';
import { decodeImages } from './decode-images';
import type { EncodedDataset, EncodedImage, ImageOptions } from './encoded';
import { badImage, emptyClass, skippedImages, toCache, tooLarge } from './errors';
import { readIndex, removeIndex, type StoreIndex, writeIndex } from './index-file';
import { storeKey } from './key';
import { makeStore } from './make-store';
import { loadParts, type StoredPart, splitOf, storedImages } from './read-store';
import { recordsOf } from './records';

export const DEFAULT_MEMORY = 2 ** 30;

type Labelled = Pick<EncodedImage, 'label'>;

/** A split of a data set, and where its images are among all. */
type Part = StoredPart & { readonly end: number };

/**
 * Decodes every image once and gives the data set. Close it when it is no longer read.
 * @throws NeusimError `DATASET_EMPTY_CLASS`, `DATASET_EMPTY`, `DATASET_BAD_IMAGE` with `data.file`, `DATASET_TOO_LARGE`
 *   without a cache, `DATASET_CACHE_FAILED`, `DATASET_CACHE_BUSY`; what reading files and workers throw; the signal's
 *   reason. Images that were decoded are kept. Reading a batch throws `DATASET_CACHE_DAMAGED`.
 */
export async function openEncoded(
  platform: DatasetPlatform,
  encoded: EncodedDataset,
  image: ImageOptions,
  options: OpenOptions = {},
): Promise<Dataset> {
  if (encoded.test.length === 0) throw nothingToTest(encoded.name);
  return openAll(platform, encoded, image, options);
}

/**
 * `openEncoded` for images that are not divided: all lie in `train`, and `test` is empty.
 * @throws NeusimError as `openEncoded`
 */
export async function openUndivided(
  platform: DatasetPlatform,
  {
    images,
    ...encoded
  }: Omit<EncodedDataset, 'train' | 'test'> & { readonly images: readonly EncodedImage[] },
  image: ImageOptions,
  options: OpenOptions = {},
): Promise<Dataset> {
  return openAll(platform, { ...encoded, train: images, test: [] }, image, options);
}

async function openAll(
  platform: DatasetPlatform,
  encoded: EncodedDataset,
  image: ImageOptions,
  options: OpenOptions,
): Promise<Dataset> {
  requireOpenable(encoded, image, options);
  const { cache } = options;
  return cache === false
    ? openInMemory(platform, encoded, image, options)
    : openStored(
        platform,
        encoded,
        image,
        cache ?? platform.joinPath(platform.cacheFolder(), 'datasets'),
        options,
      );
}

/** @throws NeusimError for what is known to be wrong before an image is decoded: `DATASET_EMPTY_CLASS`, `DATASET_TOO_LARGE` */
export function requireOpenable(
  encoded: Pick<EncodedDataset, 'name' | 'classes'> & Readonly<Record<'train' | 'test', readonly Labelled[]>>,
  { size, channels }: ImageOptions,
  { cache, memory = DEFAULT_MEMORY }: OpenOptions,
): void {
  requireClasses(encoded);
  const bytes = (encoded.train.length + encoded.test.length) * size[0] * size[1] * channels;
  if (cache === false && bytes > memory) throw tooLarge(encoded.name, bytes, memory);
}

async function openInMemory(
  platform: DatasetPlatform,
  encoded: EncodedDataset,
  image: ImageOptions,
  options: OpenOptions,
): Promise<Dataset> {
  const images = [...encoded.train, ...encoded.test];
  const pixels = image.size[0] * image.size[1] * image.channels;
  const bytes = new Uint8Array(images.length * pixels);
  const counts = new ByteCounts(image.channels);
  const skipped: [number, string][] = [];
  let [index, at] = [0, 0];
  let trainBytes = 0;
  for await (const found of decodeImages(platform, images, 0, image, options)) {
    if (found instanceof NeusimError) skipped.push([index, String(found.data.reason)]);
    else {
      bytes.set(found, at);
      at += pixels;
      if (index < encoded.train.length) {
        counts.add(found);
        trainBytes = at;
      }
    }
    index++;
    options.onProgress?.({ phase: 'decoding', done: index, total: images.length });
  }
  const [train, test] = partsOf(encoded, image, skipped);
  tellSkipped(encoded, skipped, options);
  return datasetOf(encoded, counts.statistics(), [
    splitOf(train, bytes.subarray(0, trainBytes)),
    splitOf(test, bytes.subarray(trainBytes, at)),
  ]);
}

async function openStored(
  platform: DatasetPlatform,
  encoded: EncodedDataset,
  image: ImageOptions,
  folder: string,
  options: OpenOptions,
): Promise<Dataset> {
  const images = [...encoded.train, ...encoded.test];
  const records = await recordsOf(image.size[0] * image.size[1] * image.channels);
  const key = await storeKey(platform, encoded, image);
  const name = encoded.name.replaceAll(/[^\w-]+/g, '-');
  const file = platform.joinPath(folder, `${name}-${key.slice(0, 16)}.images`);
  const work = {
    platform,
    file,
    key,
    records,
    images,
    trainCount: encoded.train.length,
    image,
    options,
  };
  const bytes = images.length * records.size;
  const make = async () => {
    const index = await makeStore(work);
    await toCache(
      file,
      bytes,
      () => images.length,
      () => writeIndex(platform, file, index),
    );
    return index;
  };
  const open = async (index: StoreIndex) => {
    requireAllowed(images, index, image);
    const parts = partsOf(encoded, image, index.skipped);
    const splits = await openParts(platform, file, records, parts, options);
    if (splits) tellSkipped(encoded, index.skipped, options);
    return splits && { ...datasetOf(encoded, index.statistics, splits.splits), close: splits.close };
  };

  const nothing = () => 0;
  await toCache(file, bytes, nothing, () => platform.makeFolder(folder));
  const kept = await readIndex(platform, file, key, bytes);
  const found = kept && (await open(kept));
  if (found) return found;
  // None yet, or one that was damaged since.
  await removeIndex(platform, file);
  const made = await open(await make());
  if (made) return made;
  throw new NeusimError('DATASET_CACHE_FAILED', `${file} changes while it is read`, { data: { file } });
}

/** Undefined where the file is damaged. */
async function openParts(
  platform: DatasetPlatform,
  file: string,
  records: Awaited<ReturnType<typeof recordsOf>>,
  parts: readonly Part[],
  options: OpenOptions,
) {
  let left = options.memory ?? DEFAULT_MEMORY;
  const held = parts.filter(({ positions }) => {
    const bytes = positions.length * records.pixels;
    if (bytes === 0 || bytes > left) return false;
    left -= bytes;
    return true;
  });
  const ranges = held.map(({ start, end, positions }) => ({ start, end, kept: positions.length }));
  const loaded = held.length > 0 ? await loadParts(platform, file, records, ranges, options) : [];
  if (!loaded) return undefined;
  const isEmpty = (part: Part) => part.positions.length === 0;
  const isStored = parts.some((part) => !isEmpty(part) && !held.includes(part));
  const open = isStored ? await platform.openFile(file) : undefined;
  const splits = parts.map((part) => {
    const bytes = isEmpty(part) ? new Uint8Array(0) : loaded[held.indexOf(part)];
    return splitOf(part, bytes ?? storedImages(platform, file, open!, records, part.positions));
  });
  return { splits, close: async () => open?.close() };
}

/** Both splits without what was left out. */
function partsOf(
  { name, classes, train, test }: EncodedDataset,
  { size, channels }: ImageOptions,
  skipped: StoreIndex['skipped'],
): readonly [Part, Part] {
  const out = new Set(skipped.map(([index]) => index));
  const shape: ImageShape = [...size, channels];
  const part = (images: readonly EncodedImage[], start: number): Part => {
    const all = Int32Array.from(images, (_, index) => start + index);
    const positions = out.size > 0 ? all.filter((position) => !out.has(position)) : all;
    return { shape, images, positions, start, end: start + images.length };
  };
  const parts = [part(train, 0), part(test, train.length)] as const;
  if (out.size > 0) {
    requireClasses({ name, classes, train: left(parts[0]) });
    if (test.length > 0 && parts[1].positions.length === 0) throw nothingToTest(name);
  }
  return parts;
}

const left = ({ images, positions, start }: Part) =>
  Array.from(positions, (position) => images[position - start] as EncodedImage);

function nothingToTest(name: string) {
  return new NeusimError('DATASET_EMPTY', `${name} has no image to test on`, {
    data: { dataset: name, split: 'test' },
    hint: 'PNG, JPEG and WebP are read',
  });
}

/** Every class needs an image. */
function requireClasses({
  name,
  classes,
  train,
}: Pick<EncodedDataset, 'name' | 'classes'> & { readonly train: readonly Labelled[] }): void {
  const has = new Uint8Array(classes.length);
  for (const { label } of train) has[label] = 1;
  const empty = has.indexOf(0);
  if (empty >= 0) throw emptyClass(name, classes[empty] as string, 'train');
}

/** A cache that was made with `skipCorrupt` is read without it, unless something was left out. */
function requireAllowed(images: readonly EncodedImage[], { skipped }: StoreIndex, image: ImageOptions): void {
  const [first] = skipped;
  if (first && !image.skipCorrupt) throw badImage((images[first[0]] as EncodedImage).name, first[1]);
}

function tellSkipped(
  { train, test }: EncodedDataset,
  skipped: StoreIndex['skipped'],
  { onWarning }: OpenOptions,
): void {
  const [first] = skipped;
  if (!first) return;
  const names = skipped.map(([index]) => (train[index] ?? test[index - train.length])?.name ?? '');
  onWarning?.(skippedImages(names, train.length + test.length, first[1]));
}

function datasetOf(
  { name, classes }: EncodedDataset,
  statistics: Statistics,
  [train, test]: readonly Split[],
): Dataset {
  return { name, shape: train!.shape, classes, train: train!, test: test!, statistics };
}
