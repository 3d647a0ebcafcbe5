// What happens to every image, in training and in tests: resize, then crop the middle. Both are one resampling, of the
// part that is kept.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { bilinearTaps, ResampleBuffer, resample } from './resample';
import type { ImageShape } from './types';

/** A number, or [height, width]. */
export type Size = number | readonly [height: number, width: number];

export interface Transform {
  /** Of a number, the shorter side gets it, and the longer one its share, rounded down. Bilinear, with antialias. */
  readonly resize?: Size | undefined;
  /** Of a number, a square. The middle is rounded to even, as torchvision does. */
  readonly centerCrop?: Size | undefined;
}

/** The longest side that images are made: what is larger is taken for a mistake, before memory is. */
const LONGEST = 4096;

const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LONGEST));

/** `Size` in a config. */
export const sizeSchema = v.union(
  [side, v.tuple([side, side])],
  `allowed: a whole number, 1 to ${LONGEST}, or [height, width]`,
);

/** `Transform` in a config. */
export const transformSchema = v.strictObject({
  resize: v.optional(
    v.pipe(sizeSchema, v.description('of every image: its shorter side, or [height, width]')),
  ),
  centerCrop: v.optional(v.pipe(sizeSchema, v.description('of every image: its middle, after resize'))),
});

/** Height and width of a `Size` that is no shorter side. */
export const pairOf = (size: Size): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size;

function resized([height, width]: ImageShape, size: Size): readonly [number, number] {
  if (typeof size !== 'number') return size;
  const shorter = Math.min(height, width);
  const other = (long: number) => Math.floor((size * long) / shorter);
  return height <= width ? [size, other(width)] : [other(height), size];
}

/**
 * What images of `shape` become.
 * @throws NeusimError `DATASET_BAD_TRANSFORM` for a crop that is larger than the image, or a side beyond 4096
 */
export function transformedShape(shape: ImageShape, { resize, centerCrop }: Transform = {}): ImageShape {
  const [height, width] = resize === undefined ? shape : resized(shape, resize);
  if (Math.max(height, width) > LONGEST && resize !== undefined)
    throw bad(`resize makes images of ${height}×${width}; allowed: sides up to ${LONGEST}`, {
      height,
      width,
    });
  if (centerCrop === undefined) return [height, width, shape[2]];
  const [cropHeight, cropWidth] = pairOf(centerCrop);
  if (cropHeight > height || cropWidth > width)
    throw bad(`centerCrop ${cropHeight}×${cropWidth} is larger than the image, ${height}×${width}`, {
      height,
      width,
      centerCrop: [cropHeight, cropWidth],
    });
  return [cropHeight, cropWidth, shape[2]];
}

function bad(message: string, data: Record<string, unknown>) {
  return new NeusimError('DATASET_BAD_TRANSFORM', message, {
    data,
    hint: 'change resize or centerCrop of the config’s transform',
  });
}

/** Half, rounded to even. */
function middle(rest: number): number {
  const half = Math.floor(rest / 2);
  return rest % 2 === 0 ? half : half + (half % 2);
}

/** Writes one image [height, width, channels] in bytes, transformed, to `out` from its start on. */
export type Transformer = (images: Uint8Array, index: number, out: Uint8Array) => void;

/** @returns null where nothing is to do. @throws NeusimError as `transformedShape` */
export function transformer(shape: ImageShape, transform: Transform = {}): Transformer | null {
  const [height, width, channels] = shape;
  const [outHeight, outWidth] = transformedShape(shape, transform);
  const [fullHeight, fullWidth] = transform.resize === undefined ? shape : resized(shape, transform.resize);
  if (outHeight === height && outWidth === width && fullHeight === height && fullWidth === width) return null;
  const start = (full: number, part: number) => middle(full - part);
  const rows = bilinearTaps(height, fullHeight, { start: start(fullHeight, outHeight), length: outHeight });
  const columns = bilinearTaps(width, fullWidth, { start: start(fullWidth, outWidth), length: outWidth });
  const buffer = new ResampleBuffer();
  const stride = width * channels;
  return (images, index, out) =>
    resample({ bytes: images, start: index * height * stride, stride }, channels, rows, columns, out, buffer);
}

/**
 * Images as the network sees them, but in bytes.
 * @param images [n, height, width, channels]
 * @throws NeusimError as `transformedShape`
 */
export function transformImages(
  images: Uint8Array,
  shape: ImageShape,
  transform?: Transform,
): { readonly images: Uint8Array; readonly shape: ImageShape } {
  const change = transformer(shape, transform);
  if (!change) return { images, shape };
  const to = transformedShape(shape, transform);
  const pixels = to[0] * to[1] * to[2];
  const count = images.length / (shape[0] * shape[1] * shape[2]);
  const out = new Uint8Array(count * pixels);
  for (let i = 0; i < count; i++) change(images, i, out.subarray(i * pixels, (i + 1) * pixels));
  return { images: out, shape: to };
}
