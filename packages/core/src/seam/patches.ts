/**
 * Patches of a map, in slices: a run of images, or of output rows of one image, so that the patches of a whole
 * batch never exist.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dilatedSize, type Geometry } from '../geometry';
import { padOrCrop, pick2d, spread2d } from './spatial';

/** Floats of gathered patches that exist at once. */
const PATCH_FLOATS = 1 << 20;

export interface Slice {
  /** Which run of images this is: slices of one image share it. */
  readonly index: number;
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
  /** images · rows · W'. */
  readonly positions: number;
}

/** @param floats of patches in a slice at most, where a row of one image has no more. */
export function* slices(batch: number, g: Geometry, floats = PATCH_FLOATS): Generator<Slice> {
  const rowFloats = g.outWidth * g.taps * g.channels;
  const images = Math.max(1, Math.floor(floats / (rowFloats * g.outHeight)));
  const most = images > 1 ? g.outHeight : Math.min(g.outHeight, Math.max(1, Math.floor(floats / rowFloats)));
  for (let image = 0, index = 0; image < batch; image += images, index++)
    for (let row = 0; row < g.outHeight; row += most) {
      const run = Math.min(images, batch - image);
      const rows = Math.min(most, g.outHeight - row);
      yield { index, image, images: run, row, rows, positions: run * rows * g.outWidth };
    }
}

/** x with the zeros around it that the windows read, and without what none reads. */
export function padInput(x: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const [height, width] = paddedSize(g);
  return padOrCrop(
    x,
    [g.pad[0][0], height - g.height - g.pad[0][0]],
    [g.pad[1][0], width - g.width - g.pad[1][0]],
  );
}

/** Rows of a padded input that a slice's windows read. */
export function windowRows(padded: tf.Tensor4D, s: Slice, g: Geometry): tf.Tensor4D {
  const [, , width, channels] = padded.shape;
  const size = [s.images, windowHeight(s.rows, g), width, channels];
  return tf.slice(padded, [s.image, s.row * g.strides[0], 0, 0], size as Shape4);
}

type Shape4 = [number, number, number, number];

/** How many rows of a padded input the windows of `rows` output rows read. */
export function windowHeight(rows: number, g: Geometry): number {
  return (rows - 1) * g.strides[0] + dilatedSize(g.kernelHeight, g.dilations[0]);
}

/**
 * What each tap reads in a padded map [A,H,W,D], for output rows `row` to `row + rows`: K tensors [A,rows,W',D].
 * A and D may be images and channels, or channels and images.
 */
export function readTaps(padded: tf.Tensor4D, row: number, rows: number, g: Geometry): tf.Tensor4D[] {
  return eachTap(g, (dy, dx) => pick2d(padded, [row * g.strides[0] + dy, dx], g.strides, [rows, g.outWidth]));
}

/** The transpose of `readTaps` for a whole map: adds K tensors [A,rows,W',D] where their taps have read. */
export function scatterTaps(grads: tf.Tensor4D[], row: number, g: Geometry): tf.Tensor4D {
  const [height, width] = paddedSize(g);
  return eachTap(g, (dy, dx, t) => {
    const spread = spread2d(grads[t] as tf.Tensor4D, g.strides);
    const top = row * g.strides[0] + dy;
    return padOrCrop(spread, [top, height - top - spread.shape[1]], [dx, width - dx - spread.shape[2]]);
  }).reduce(accumulate);
}

/** The transpose of `padInput`. */
export function unpadInput(padded: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  const top = -g.pad[0][0];
  const left = -g.pad[1][0];
  return padOrCrop(padded, [top, g.height - padded.shape[1] - top], [left, g.width - padded.shape[2] - left]);
}

/** a + b; both are disposed of. Without a, b. */
export function accumulate<T extends tf.Tensor>(a: T | undefined, b: T): T {
  if (!a) return b;
  const sum = tf.add(a, b) as T;
  tf.dispose([a, b]);
  return sum;
}

/** Joins what was computed for each slice, [images,rows,...], and disposes of the parts. */
export function joinSlices(parts: tf.Tensor4D[][]): tf.Tensor4D {
  return join(
    parts.map((rows) => join(rows, 1)),
    0,
  );
}

/** tf.concat that gives back a lone part as it is, and disposes of the parts it has joined. */
export function join(parts: tf.Tensor4D[], axis: number): tf.Tensor4D {
  if (parts.length === 1) return parts[0] as tf.Tensor4D;
  const whole = tf.concat(parts, axis);
  tf.dispose(parts);
  return whole;
}

/** Height and width of a padded input. */
export function paddedSize(g: Geometry): [number, number] {
  const width = (g.outWidth - 1) * g.strides[1] + dilatedSize(g.kernelWidth, g.dilations[1]);
  return [windowHeight(g.outHeight, g), width];
}

function eachTap<T>(g: Geometry, visit: (dy: number, dx: number, tap: number) => T): T[] {
  return Array.from({ length: g.taps }, (_, t) =>
    visit(Math.floor(t / g.kernelWidth) * g.dilations[0], (t % g.kernelWidth) * g.dilations[1], t),
  );
}
