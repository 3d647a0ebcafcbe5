// Encoded images as a pool that looks at their files, and decodes them, when the first of them is read: what nobody reads costs
// nothing but its names.

import { NeusimError } from '@neusim/registry';
import { asSplit, type NamedPool } from '../episodes/pool';
import { readImages } from '../split';
import type { DatasetPlatform, OpenOptions } from '../types';
import type { EncodedImage, ImageOptions } from './encoded';
import { requireOpenable } from './open-encoded';
import { type EncodedPool, openEncodedPool } from './open-pool';

/** What is known of images by their names. */
export interface ListedPool extends Omit<EncodedPool, 'images'> {
  readonly listed: readonly Pick<EncodedImage, 'name' | 'label'>[];
  /** The same images, in that order, to be decoded. */
  images(): Promise<readonly EncodedImage[]>;
}

/**
 * `openEncodedPool` of images that may never be read. Labels, names and shape are there at once; with `skipCorrupt`, where
 * they depend on what decodes, so are the images.
 * @param claim asked for the memory of so many bytes when they are decoded, in place of `options.memory`; it returns what there is.
 * @throws NeusimError `DATASET_EMPTY_CLASS`, `DATASET_TOO_LARGE`. Reading throws what `openEncodedPool` does, and the next
 *   read tries again; `DATASET_CLOSED` once it is closed.
 */
export async function lateEncodedPool(
  platform: DatasetPlatform,
  { listed, images, ...pool }: ListedPool,
  image: ImageOptions,
  options: OpenOptions,
  claim: (bytes: number) => number,
): Promise<NamedPool> {
  if (image.skipCorrupt)
    return openEncodedPool(platform, { ...pool, images: await images() }, image, options);
  const { name, classes, groups } = pool;
  requireOpenable({ name, classes, train: listed, test: [] }, image, options);
  const closing = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
  const [height, width] = image.size;
  let memory: number | undefined;
  let opening: Promise<NamedPool> | undefined;
  const open = async () => {
    const encoded = { ...pool, images: await images() };
    memory ??= claim(listed.length * height * width * image.channels);
    const opened = await openEncodedPool(platform, encoded, image, { ...options, memory, signal });
    options.onProgress?.({ phase: 'reading', done: listed.length, total: listed.length });
    return opened;
  };
  const opened = () => {
    if (closing.signal.aborted) throw closed(name);
    opening ??= open().catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    name,
    classes,
    ...(groups && { groups }),
    count: listed.length,
    shape: [...image.size, image.channels],
    labels: Int32Array.from(listed, ({ label }) => label),
    nameOf: (index) => listed[index]!.name,
    images: { read: async (indices) => readImages(asSplit(await opened()), indices) },
    async close() {
      closing.abort(closed(name));
      const found = await opening?.catch(() => undefined);
      await found?.close?.();
    },
  };
}

function closed(dataset: string): NeusimError {
  return new NeusimError('DATASET_CLOSED', `${dataset} is closed, and its images can no longer be read`, {
    data: { dataset },
    hint: 'close a data set when nothing reads it any more',
  });
}
