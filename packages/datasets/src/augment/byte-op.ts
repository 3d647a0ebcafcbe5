// What the steps of a training image's way have in common. All work on one image, in place.

import type { Random } from '../random';
import type { ImageShape } from '../types';

/** Changes an image in bytes, [height, width, channels]. */
export type ByteOp = (image: Uint8Array, next: Random) => void;

/** Changes an image as the network gets it, after normalising; the same shape. */
export type FloatOp = (image: Float32Array, next: Random) => void;

export const bytesOf = ([height, width, channels]: ImageShape) => height * width * channels;

/** A byte, as Pillow makes one of a number: what lies beyond is cut off, and so are digits after the point. */
export const toByte = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : value | 0);

/**
 * What ImageEnhance makes of a byte: from a degenerate one (0) to its own (1) and beyond, in float32 as Pillow does.
 * @param factor a float32
 */
export const blend = (degenerate: number, byte: number, factor: number) =>
  toByte(Math.fround(degenerate + Math.fround(factor * (byte - degenerate))));

/** Replaces every byte by the table's. @param table [256] */
export function applyTable(image: Uint8Array, table: Uint8Array): void {
  const { length } = image;
  for (let i = 0; i < length; i++) image[i] = table[image[i]!]!;
}

/** A table [256] of what `of` gives for each byte. */
export function tableOf(of: (byte: number) => number): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = of(byte);
  return table;
}

/** Luma of ITU-R 601-2, in bytes, as Pillow rounds it. */
export const luma = (red: number, green: number, blue: number) =>
  (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
