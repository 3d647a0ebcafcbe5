// An image of the user's as the network of a run would see it: decoded, and brought to size as the run's own images were.

import { decodeToSize, type ImageShape, transformImages } from '@neusim/datasets';
import { decodeImage, readFile } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { TrainConfig } from '@neusim/train';

/** Of the file as it is stored: that of a large camera. */
const MOST_PIXELS = 2 ** 26;
const MOST_BYTES = 2 ** 28;
/** Longer side of an image for a network that takes any size. */
const LONGEST = 512;

export interface ImageFile {
  /** [height, width, channels], 0..255 */
  readonly pixels: Uint8Array;
  readonly shape: ImageShape;
}

/**
 * @param input the network's, [height, width, channels]; null where it takes any.
 * @param config `dataset.size` and `dataset.fit` of a data set of image files, and `transform`, are the run's.
 * @throws NeusimError PLATFORM_FILE_MISSING, PLATFORM_UNKNOWN_IMAGE, PLATFORM_BAD_IMAGE, PLATFORM_TOO_LARGE,
 *   DATASET_BAD_TRANSFORM; CLI_IMAGE_CHANNELS, CLI_IMAGE_SIZE for a network that takes other images
 */
export async function readImageFile(
  path: string,
  input: readonly (number | null)[],
  { dataset, transform }: Pick<TrainConfig, 'dataset' | 'transform'>,
): Promise<ImageFile> {
  const decoded = await decodeImage(await readFile(path, MOST_BYTES), { maxPixels: MOST_PIXELS });
  const channels = input[2] ?? 3;
  if (channels !== 1 && channels !== 3)
    throw new NeusimError('CLI_IMAGE_CHANNELS', `the network takes images of ${channels} channels`, {
      data: { file: path, channels },
      hint: 'an image file has 1 (grey) or 3; leave out --image to see a test image of its data set',
    });
  const options: Readonly<Record<string, unknown>> = typeof dataset === 'object' ? dataset : {};
  const isTransformed = Object.values(transform).some((size) => size !== undefined);
  const size =
    sizeOf(options.size) ?? (isTransformed ? [decoded.height, decoded.width] : openSize(input, decoded));
  const fit = options.fit === 'pad' || options.fit === 'stretch' ? options.fit : 'crop';
  const platform = { decodeImage: async () => decoded };
  const pixels = await decodeToSize(platform, new Uint8Array(), {
    size,
    channels,
    fit,
    maxPixels: MOST_PIXELS,
  });
  const { images, shape } = transformImages(pixels, [size[0], size[1], channels], transform);
  if (input.some((side, axis) => side !== null && side !== shape[axis]))
    throw new NeusimError(
      'CLI_IMAGE_SIZE',
      `the config makes an image of ${shape.join('×')} of ${path}; the network takes ${input.map((side) => side ?? '?').join('×')}`,
      {
        data: { file: path, shape, wanted: input },
        hint: 'change --set transform.resize or transform.centerCrop',
      },
    );
  return { pixels: images, shape };
}

function sizeOf(size: unknown): readonly [number, number] | undefined {
  if (typeof size === 'number') return [size, size];
  return Array.isArray(size) && size.length === 2 ? [Number(size[0]), Number(size[1])] : undefined;
}

/** The network's own; of one that takes any, the image's, but not longer than `LONGEST`. */
function openSize(
  [height = null, width = null]: readonly (number | null)[],
  image: { readonly height: number; readonly width: number },
): readonly [number, number] {
  const times = Math.min(1, LONGEST / Math.max(image.height, image.width));
  const own = (side: number) => Math.max(1, Math.round(side * times));
  return [height ?? own(image.height), width ?? own(image.width)];
}
