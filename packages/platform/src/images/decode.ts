// Images become RGB bytes the same way everywhere; only the decoder underneath differs.

import { NeusimError } from '@neusim/registry';
import type { Bytes, DecodedImage, DecodeImageOptions } from '../types';
import { badImage, tooManyPixels } from './errors';
import { type ImageHeader, readImageHeader } from './header';

export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Bytes;
}

/** Turns a whole image of the size in its header into RGB; whatever it throws but TOLD means that the data are corrupt. */
export type ImageDecoder = (bytes: Uint8Array, header: ImageHeader) => Promise<RawImage>;

/** What a decoder tells of itself; all else is the data's fault. */
const TOLD: readonly string[] = ['PLATFORM_BAD_IMAGE', 'PLATFORM_NO_CANVAS'];

/** See `Images.decodeImage`. */
export async function decodeWith(
  decoder: ImageDecoder,
  bytes: Uint8Array,
  { maxPixels }: DecodeImageOptions,
): Promise<DecodedImage> {
  const header = readImageHeader(bytes);
  if (header.width * header.height > maxPixels) throw tooManyPixels(header.width, header.height, maxPixels);
  try {
    const { width, height, data } = await decoder(bytes, header);
    return { width, height, channels: 3, data };
  } catch (cause) {
    if (cause instanceof NeusimError && TOLD.includes(cause.code)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badImage(bytes, `${header.type} data that do not decode (${reason})`, cause);
  }
}
