/** The slices of a convolution at offsets: what of each operand is a slice's, and how their gradients come together. */
import * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry';
import { accumulate, join, type Slice } from './patches';

type T4 = tf.Tensor4D;

/** A slice's convolution, on the images that it reads. */
export function partOf(g: Geometry, s: Slice): Geometry {
  const top = g.pad[0][0] - s.row * g.strides[0];
  return { ...g, outHeight: s.rows, pad: [[top, g.pad[0][1]], g.pad[1]] };
}

export function imagesOf(x: T4, s: Slice): T4 {
  return s.images === x.shape[0] ? x : tf.slice(x, [s.image, 0, 0, 0], [s.images, -1, -1, -1]);
}

/** What is a slice's of a tensor [B|1,H'|1,…]. */
export function cut(all: tf.Tensor, s: Slice): tf.Tensor {
  const [batch, height, ...rest] = all.shape as [number, number, ...number[]];
  const begin = [batch === 1 ? 0 : s.image, height === 1 ? 0 : s.row, 0, 0] as const;
  const size = [batch === 1 ? 1 : s.images, height === 1 ? 1 : s.rows] as const;
  if (size[0] === batch && size[1] === height) return all;
  const [width, values] = flat(all).shape.slice(2) as [number, number];
  return tf.reshape(tf.slice(flat(all), [...begin], [...size, width, values]), [...size, ...rest]);
}

/** [B,H',W',K,K] as [B,H',W',K·K]: engines are surest up to rank 4. */
export function flat(t: tf.Tensor): T4 {
  const [batch, height, width] = t.shape as [number, number, number];
  return tf.reshape(t, [batch, height, width, tf.util.sizeFromShape(t.shape.slice(3))]);
}

/** The slices' gradients of a tensor [B|1,H'|1,…]: side by side, or, where it is broadcast, their sum. */
export function together(parts: T4[][], [batch, height]: readonly number[]): T4 {
  const images = parts.map((rows) => (height === 1 ? rows.reduce(accumulate) : join(rows, 1)));
  return batch === 1 ? images.reduce(accumulate) : join(images, 0);
}

/** The slices' gradients of x: each is of whole images, and several may be of the same. */
export function togetherByImage(parts: T4[][]): T4 {
  return join(
    parts.map((rows) => rows.reduce(accumulate)),
    0,
  );
}

/** Files what belongs to a slice. */
export function file<T>(lists: T[][], { index }: Slice, each: T): void {
  lists[index] ??= [];
  (lists[index] as T[]).push(each);
}
