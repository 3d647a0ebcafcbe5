// PNG, JPEG and WebP by sharp, where the user has installed it: several times as fast as plain JavaScript.

import type { Bytes } from '../types';
import type { ImageDecoder } from './decode';

interface Sharp {
  flatten(options: { background: string }): Sharp;
  toColourspace(name: 'srgb'): Sharp;
  raw(): Sharp;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}

type MakeSharp = (bytes: Uint8Array, options: Record<string, unknown>) => Sharp;

/** Undefined where sharp is not installed, or not for this machine. */
export async function sharpDecoder(): Promise<ImageDecoder | undefined> {
  // As a variable, so that neither TypeScript nor a bundler asks for a package that need not be there.
  const name = 'sharp';
  const sharp = await import(name).then((module): MakeSharp => module.default).catch(() => undefined);
  if (!sharp) return undefined;
  return async (bytes, { width, height }) => {
    const { data, info } = await sharp(bytes, { limitInputPixels: width * height, ignoreIcc: true })
      .flatten({ background: '#000' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new RangeError(`${info.channels} channels`);
    return { width: info.width, height: info.height, data: new Uint8Array(data) as Bytes };
  };
}
