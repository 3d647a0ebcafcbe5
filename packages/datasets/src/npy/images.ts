// Images and labels out of arrays: whatever dtype, order and layout they have, they become bytes [n, height, width,
// channels] and whole numbers.
//
// Values of whole-number types are taken as they are. Floats whose largest training value is 1 or less are taken for
// 0..1 and multiplied by 255; others for 0..255; both are rounded. What then lies outside of 0..255 is refused.

import { badFile, badLabel } from '../errors';
import type { ImageShape } from '../types';
import type { NpyArray } from './array';

/** Where the channels of an image stand. */
export type Layout = 'nhwc' | 'nchw';

/** More images than this are no classification data set's. */
const MOST_IMAGES = 2 ** 26;
/** More classes than this are no labels, but values of another kind. */
const MOST_CLASSES = 65_536;

/** How an array holds images: sizes, and for each axis how far apart two neighbours lie in [n, h, w, c]. */
export interface ImageArray {
  readonly array: NpyArray;
  readonly count: number;
  readonly shape: ImageShape;
  /** [size, distance] of every axis, the one that runs fastest first. */
  readonly axes: readonly (readonly [size: number, distance: number])[];
}

/**
 * @param layout undefined: channels last, unless only the second axis has 1 or 3.
 * @throws NeusimError `DATASET_BAD_SHAPE`
 */
export function imageArray(array: NpyArray, layout: Layout | undefined): ImageArray {
  const { shape, path } = array;
  const refuse = (why: string) =>
    badFile('DATASET_BAD_SHAPE', path, 0, `an array of shape [${shape}]: ${why}`, { shape });
  if (shape.length !== 3 && shape.length !== 4)
    throw refuse(
      'images are [n, height, width], [n, height, width, channels] or [n, channels, height, width]',
    );
  if (shape.includes(0)) throw refuse('it holds no image');
  const [count = 0, second = 0, third = 0, fourth = 1] = shape;
  if (count > MOST_IMAGES) throw refuse(`more than ${MOST_IMAGES} images`);
  const few = (size: number) => size === 1 || size === 3;
  const first = shape.length === 4 && (layout ?? (few(second) && !few(fourth) ? 'nchw' : 'nhwc')) === 'nchw';
  const image: ImageShape = first ? [third, fourth, second] : [second, third, fourth];
  const [height, width, channels] = image;
  const [n, h, w, c] = [
    [count, height * width * channels],
    [height, width * channels],
    [width, channels],
    [channels, 1],
  ] as const;
  const order = first ? [n, c, h, w] : [n, h, w, c];
  return { array, count, shape: image, axes: array.fortran ? order : order.reverse() };
}

/** What floats are multiplied by: see above. */
export async function floatScale({ array }: ImageArray): Promise<number> {
  if (!array.dtype.isFloat) return 1;
  let largest = 0;
  await eachValue(array, (value) => {
    largest = Math.max(largest, value);
  });
  return largest <= 1 ? 255 : 1;
}

/**
 * Bytes [keep, height, width, channels] of the first images.
 * @throws NeusimError `DATASET_BAD_VALUE`
 */
export async function readImageBytes(images: ImageArray, keep: number, scale: number): Promise<Uint8Array> {
  const { array, shape, axes } = images;
  const bytes = new Uint8Array(keep * shape[0] * shape[1] * shape[2]);
  const { dtype, path } = array;
  if (isPlain(images)) return copyBytes(array, bytes);
  const inOrder = isInOrder(axes);
  const met = new Uint32Array(axes.length);
  let at = 0;
  let index = 0;
  await eachValue(array, (value) => {
    const byte = dtype.isFloat ? Math.round(value * scale) : value;
    if (!(byte >= 0 && byte <= 255)) {
      const message = `value ${value}; allowed: 0 to 255, or floats of 0 to 1`;
      throw badFile('DATASET_BAD_VALUE', path, array.bytes + index * dtype.bytes, message, { value, index });
    }
    // Out of range for an image that is not kept: a typed array takes no notice.
    bytes[at] = byte;
    index++;
    for (let axis = 0; axis < axes.length; axis++) {
      const [size, distance] = axes[axis]!;
      at += distance;
      if (++met[axis]! < size) break;
      at -= size * distance;
      met[axis] = 0;
    }
    return !inOrder || index < bytes.length;
  });
  return bytes;
}

/** Whether the values are the bytes [n, height, width, channels] themselves. */
export const isPlain = ({ array: { dtype }, axes }: ImageArray): boolean =>
  dtype.name.endsWith('u1') && isInOrder(axes);

const isInOrder = (axes: ImageArray['axes']) =>
  axes.every(([size, distance], axis) => size === 1 || distance === distanceInOrder(axes, axis));

const distanceInOrder = (axes: ImageArray['axes'], axis: number) =>
  axes.slice(0, axis).reduce((product, [size]) => product * size, 1);

async function copyBytes(array: NpyArray, bytes: Uint8Array): Promise<Uint8Array> {
  let at = 0;
  for await (const piece of array.pieces()) {
    const part = piece.subarray(0, bytes.length - at);
    bytes.set(part, at);
    at += part.length;
    if (at === bytes.length) break;
  }
  return bytes;
}

/** Labels of the first images, and the largest of all. */
export interface Labels {
  readonly labels: Int32Array;
  readonly largest: number;
}

/**
 * @param count of the images, each with a label. @param classes that there are; undefined: as many as are met.
 * @throws NeusimError `DATASET_BAD_SHAPE`, `DATASET_BAD_COUNT`, `DATASET_BAD_LABEL`
 */
export async function readLabels(
  array: NpyArray,
  { count, keep, classes = MOST_CLASSES }: { count: number; keep: number; classes?: number | undefined },
): Promise<Labels> {
  const { shape, path, dtype } = array;
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1))
    throw badFile('DATASET_BAD_SHAPE', path, 0, `labels of shape [${shape}]; wanted [n] or [n, 1]`, {
      shape,
    });
  if (shape[0] !== count) {
    const message = `${shape[0]} labels for ${count} images`;
    throw badFile('DATASET_BAD_COUNT', path, 0, message, { labels: shape[0], images: count });
  }
  const labels = new Int32Array(keep);
  let index = 0;
  let largest = 0;
  await eachValue(array, (label) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw badLabel(path, array.bytes + index * dtype.bytes, label, classes);
    labels[index++] = label;
    largest = Math.max(largest, label);
  });
  return { labels, largest };
}

/** Visits one value after the other, until the visitor says false. */
async function eachValue({ dtype, pieces }: NpyArray, visit: (value: number) => unknown): Promise<void> {
  for await (const piece of pieces()) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < piece.length; at += dtype.bytes) if (visit(dtype.read(view, at)) === false) return;
  }
}
