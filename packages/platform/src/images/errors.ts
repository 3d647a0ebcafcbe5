// The ways in which bytes can be no image of ours, as coded errors.

import { NeusimError } from '@neusim/registry';

/** @param met what was found instead of a whole image. */
export function badImage(bytes: Uint8Array, met: string, cause?: unknown) {
  return new NeusimError('PLATFORM_BAD_IMAGE', `${bytes.length} bytes are no whole image: ${met}`, {
    data: { bytes: bytes.length, met },
    hint: 'the file is damaged or cut short: fetch it again',
    cause,
  });
}

export function unknownImage(bytes: Uint8Array) {
  const magic = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new NeusimError('PLATFORM_UNKNOWN_IMAGE', `${bytes.length} bytes beginning with "${magic}"`, {
    data: { bytes: bytes.length, magic },
    hint: 'PNG, JPEG and WebP are read',
  });
}

export function tooManyPixels(width: number, height: number, maxPixels: number) {
  return new NeusimError(
    'PLATFORM_TOO_LARGE',
    `an image of ${width}×${height} pixels; ${maxPixels} pixels are allowed`,
    { data: { width, height, maxPixels }, hint: 'check where the image comes from, or raise maxPixels' },
  );
}
