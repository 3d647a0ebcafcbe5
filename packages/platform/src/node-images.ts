// Images in Node: by sharp where it is installed, else in plain JavaScript. Each is loaded when first needed.

import { decodeWith, type ImageDecoder } from './images/decode';
import type { DecodedImage, DecodeImageOptions } from './types';

let decoder: Promise<ImageDecoder> | undefined;

async function chooseDecoder(): Promise<ImageDecoder> {
  const { sharpDecoder } = await import('./images/sharp');
  return (await sharpDecoder()) ?? plainDecoder;
}

/** Without sharp. */
export const plainDecoder: ImageDecoder = async (bytes, header) => {
  if (header.type === 'image/png') return (await import('./images/png')).decodePng(bytes, header);
  return (await import('./images/jpeg')).decodeJpeg(bytes, header);
};

/** See `Images.decodeImage`. */
export async function decodeImage(bytes: Uint8Array, options: DecodeImageOptions): Promise<DecodedImage> {
  decoder ??= chooseDecoder();
  return decodeWith(await decoder, bytes, options);
}
