// Images in Node: by sharp where it is installed, else in plain JavaScript and WebAssembly. Each is loaded when first
// needed.

import { decodeWith, type ImageDecoder } from './images/decode';
import type { DecodedImage, DecodeImageOptions } from './types';

interface Chosen {
  readonly name: string;
  readonly decode: ImageDecoder;
}

let chosen: Promise<Chosen> | undefined;

async function choose(): Promise<Chosen> {
  const { sharpDecoder } = await import('./images/sharp');
  const decode = await sharpDecoder();
  return decode ? { name: 'sharp', decode } : { name: 'javascript', decode: plainDecoder };
}

/** Without sharp. */
export const plainDecoder: ImageDecoder = async (bytes, header) => {
  if (header.type === 'image/png') return (await import('./images/png')).decodePng(bytes, header);
  if (header.type === 'image/webp') return (await import('./images/webp')).decodeWebp(bytes);
  return (await import('./images/jpeg')).decodeJpeg(bytes, header);
};

/** See `Images.decodeImage`. */
export async function decodeImage(bytes: Uint8Array, options: DecodeImageOptions): Promise<DecodedImage> {
  chosen ??= choose();
  return decodeWith((await chosen).decode, bytes, options);
}

/** See `Images.imageDecoder`. */
export async function imageDecoder(): Promise<string> {
  chosen ??= choose();
  return (await chosen).name;
}
