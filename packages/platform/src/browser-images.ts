// Images in a browser: its own decoder, and a canvas to read the pixels from.

import { NeusimError } from '@neusim/registry';
import { unshared } from './codecs';
import { decodeWith, type ImageDecoder } from './images/decode';
import type { DecodedImage, DecodeImageOptions } from './types';

const byCanvas: ImageDecoder = async (bytes, { type }) => {
  const blob = new Blob([unshared(bytes)], { type });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context)
      throw new NeusimError('PLATFORM_NO_CANVAS', 'the page gives no 2d canvas to decode images with', {
        hint: 'decode in a page or worker that has OffscreenCanvas',
      });
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, width, height).data;
    const data = new Uint8Array(width * height * 3);
    for (let pixel = 0; pixel < width * height; pixel++) {
      data.set(rgba.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
    }
    return { width, height, data };
  } finally {
    bitmap.close();
  }
};

/** See `Images.decodeImage`. */
export function decodeImage(bytes: Uint8Array, options: DecodeImageOptions): Promise<DecodedImage> {
  return decodeWith(byCanvas, bytes, options);
}

/** See `Images.imageDecoder`. */
export const imageDecoder = async () => 'browser';
