// One encoded image becomes the bytes that a data set has of it.

import type { Platform } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { ImageOptions } from './encoded';
import { type Pixels, resize } from './resize';

/** What determines the bytes of an image besides the image. */
export type DecodeOptions = Pick<ImageOptions, 'size' | 'channels' | 'fit' | 'maxPixels'>;

/** Side of an image, as JPEG allows: what scaling takes grows with it. */
const LONGEST = 65_535;

const tooLong = (width: number, height: number) =>
  new NeusimError(
    'PLATFORM_TOO_LARGE',
    `an image of ${width}×${height} pixels; ${LONGEST} a side are allowed`,
    {
      data: { width, height, longest: LONGEST },
      hint: 'check where the image comes from',
    },
  );

/**
 * Decodes and brings to size.
 * @returns [height, width, channels], 0..255
 * @throws NeusimError `PLATFORM_UNKNOWN_IMAGE`, `PLATFORM_BAD_IMAGE`, `PLATFORM_TOO_LARGE`
 */
export async function decodeToSize(
  { decodeImage }: Pick<Platform, 'decodeImage'>,
  bytes: Uint8Array,
  { size, channels, fit, maxPixels }: DecodeOptions,
): Promise<Uint8Array> {
  const { width, height, data } = await decodeImage(bytes, { maxPixels });
  if (Math.max(width, height) > LONGEST) throw tooLong(width, height);
  const image = { height, width, data: channels === 1 ? grey(data) : data };
  const [h, w] = size;
  if (height === h && width === w) return image.data;
  if (fit === 'pad') return padded(image, channels, size);
  return resize(image, channels, fit === 'crop' ? centre(image, size) : whole(image), size);
}

const whole = ({ height, width }: Pixels) => ({ top: 0, left: 0, height, width });

/** The largest part in the middle that has the size's proportions. */
function centre(image: Pixels, [height, width]: ImageOptions['size']) {
  const scale = Math.min(image.height / height, image.width / width);
  const box = { height: height * scale, width: width * scale };
  return { ...box, top: (image.height - box.height) / 2, left: (image.width - box.width) / 2 };
}

function padded(image: Pixels, channels: number, [height, width]: ImageOptions['size']): Uint8Array {
  const scale = Math.min(height / image.height, width / image.width);
  const h = Math.min(height, Math.max(1, Math.round(image.height * scale)));
  const w = Math.min(width, Math.max(1, Math.round(image.width * scale)));
  const inner = resize(image, channels, whole(image), [h, w]);
  const out = new Uint8Array(height * width * channels);
  const [top, left] = [(height - h) >> 1, (width - w) >> 1];
  for (let y = 0; y < h; y++) {
    const from = y * w * channels;
    out.set(inner.subarray(from, from + w * channels), ((top + y) * width + left) * channels);
  }
  return out;
}

/** Luma of ITU-R BT.601, as PIL's `L`. */
function grey(rgb: Uint8Array): Uint8Array {
  const out = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < out.length; i++, at += 3)
    out[i] = Math.round(0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!);
  return out;
}
