/**
 * Moving rows and columns of maps [B,H,W,C] about with stock ops: padding, spreading, picking every n-th. Only
 * reshape, slice, concat and pad on tensors of rank 4 and less are used: every backend has them in a fast and right
 * form, and they have gradients to every order (tf.stridedSlice has none, and rank-5 pad is wrong on WebGPU).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from './geometry';

/** Zero padding (or padding with `value`) of rows and columns in which a negative amount crops. */
export function padOrCrop(x: tf.Tensor4D, rows: Pair, columns: Pair, value = 0): tf.Tensor4D {
  const crop = [rows, columns].map(([before, after]) => [Math.max(0, -before), Math.max(0, -after)] as const);
  const pad = [rows, columns].map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  const [[top, bottom], [left, right]] = crop as [Pair, Pair];
  const [batch, height, width, channels] = x.shape;
  const cropped =
    top + bottom + left + right > 0
      ? tf.slice(x, [0, top, left, 0], [batch, height - top - bottom, width - left - right, channels])
      : x;
  const [padRows, padColumns] = pad as [Pair, Pair];
  return [...padRows, ...padColumns].some((n) => n > 0)
    ? tf.pad(cropped, [[0, 0], [...padRows], [...padColumns], [0, 0]], value)
    : cropped;
}

/** Zeros between the rows and columns of x, so that they lie `strides` apart: [B,(H−1)·sh+1,(W−1)·sw+1,C]. */
export function spread2d(x: tf.Tensor4D, strides: Pair): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const wide = spreadMiddle(tf.reshape(x, [batch * height, width, channels]), strides[1]);
  const row = (wide.shape[1] as number) * channels;
  const tall = spreadMiddle(tf.reshape(wide, [batch, height, row]), strides[0]);
  return tf.reshape(tall, [batch, tall.shape[1] as number, wide.shape[1] as number, channels]);
}

function spreadMiddle(x: tf.Tensor3D, stride: number): tf.Tensor3D {
  if (stride === 1) return x;
  const [outer, count, inner] = x.shape;
  const alone = tf.reshape(x, [outer * count, 1, inner]);
  const spread = tf.concat([alone, tf.zeros([outer * count, stride - 1, inner])], 1);
  return tf.slice(
    tf.reshape(spread, [outer, count * stride, inner]),
    [0, 0, 0],
    [outer, (count - 1) * stride + 1, inner],
  ) as tf.Tensor3D;
}

/**
 * Every `strides`-th row and column from [top, left] on, `size` of them: [B,size[0],size[1],C]. The rows and columns
 * picked must exist.
 */
export function pick2d(x: tf.Tensor4D, start: Pair, strides: Pair, size: Pair): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const rows = pickMiddle(tf.reshape(x, [batch, height, width * channels]), start[0], strides[0], size[0]);
  const columns = pickMiddle(
    tf.reshape(rows, [batch * size[0], width, channels]),
    start[1],
    strides[1],
    size[1],
  );
  return tf.reshape(columns, [batch, size[0], size[1], channels]);
}

function pickMiddle(x: tf.Tensor3D, start: number, stride: number, size: number): tf.Tensor3D {
  const [outer, count, inner] = x.shape;
  if (stride === 1 || size === 1) return tf.slice(x, [0, start, 0], [outer, size, inner]);
  const missing = Math.max(0, start + size * stride - count);
  const part = tf.slice(x, [0, start, 0], [outer, size * stride - missing, inner]);
  const whole =
    missing > 0
      ? tf.pad(part, [
          [0, 0],
          [0, missing],
          [0, 0],
        ])
      : part;
  const first = tf.slice(
    tf.reshape(whole, [outer * size, stride, inner]),
    [0, 0, 0],
    [outer * size, 1, inner],
  );
  return tf.reshape(first, [outer, size, inner]);
}
