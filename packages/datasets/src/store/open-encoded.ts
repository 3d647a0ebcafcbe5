// From encoded images to a data set.

import { NeusimError } from '@neusim/registry';
import { ByteCounts } from '../normalize';
import type { Dataset, DatasetPlatform, ImageShape, OpenOptions, Split } from '../types';
import { decodeToSize } from './decode';
import type { EncodedDataset, EncodedImage, ImageOptions } from './encoded';

/**
 * Decodes every image once and gives the data set.
 * @throws NeusimError `DATASET_BAD_IMAGE` with `data.file`; the signal's reason
 */
export async function openEncoded(
  platform: DatasetPlatform,
  encoded: EncodedDataset,
  image: ImageOptions,
  options: OpenOptions = {},
): Promise<Dataset> {
  const shape: ImageShape = [...image.size, image.channels];
  const counts = new ByteCounts(image.channels);
  const split = async (images: readonly EncodedImage[]): Promise<Split> => {
    const pixels = shape[0] * shape[1] * shape[2];
    const bytes = new Uint8Array(images.length * pixels);
    for (const [index, each] of images.entries()) {
      options.signal?.throwIfAborted();
      try {
        bytes.set(await decodeToSize(platform, await each.read(), image), index * pixels);
      } catch (cause) {
        throw new NeusimError('DATASET_BAD_IMAGE', `${each.name}: ${(cause as Error).message}`, {
          data: { file: each.name },
          cause,
        });
      }
    }
    return {
      count: images.length,
      shape,
      images: bytes,
      labels: Int32Array.from(images, ({ label }) => label),
      nameOf: (index) => images[index]!.name,
    };
  };
  const train = await split(encoded.train);
  counts.add(train.images as Uint8Array);
  const test = await split(encoded.test);
  const { name, classes } = encoded;
  return { name, shape, classes, train, test, statistics: counts.statistics() };
}
