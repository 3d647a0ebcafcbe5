// JPEG in plain JavaScript.

import type { Bytes } from '../types';
import type { RawImage } from './decode';
import type { ImageHeader } from './header';

/** Coefficients, samples and the result, of four components at most. */
const BYTES_PER_PIXEL = 40;

export async function decodeJpeg(bytes: Uint8Array, { width, height }: ImageHeader): Promise<RawImage> {
  const { decode } = await import('jpeg-js');
  const image = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: (width * height) / 1e6,
    maxMemoryUsageInMB: 64 + (width * height * BYTES_PER_PIXEL) / 2 ** 20,
  });
  return { width: image.width, height: image.height, data: image.data as Bytes };
}
