/**
 * Sum and Mean over axes that lie before the last one (statistics of batch norm, gradients of biases). The stock
 * kernels transpose first; average pooling reads the rows once, in order.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Call, override, type Result } from './override';

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

export const sum = override<ReduceAttrs>(
  tf.Sum,
  (call, stock) => sumOfNothing(call) ?? reduce(call, (mean, rows) => tf.mul(mean, rows)) ?? stock(call),
);

export const mean = override<ReduceAttrs>(
  tf.Mean,
  (call, stock) => reduce(call, (mean) => mean) ?? stock(call),
);

/** The stock kernel leaves the sum of an empty tensor unwritten, so that it holds what was in the heap. */
function sumOfNothing({ inputs, attrs }: Call<ReduceAttrs>): Result | undefined {
  const x = inputs.x as tf.Tensor;
  if (x.size > 0) return undefined;
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape);
  const [shape] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  return tf.zeros(attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape, x.dtype);
}

/** XNNPACK's average pooling keeps a pixel's channels on a stack of 64 KiB: with more, it overwrites the heap. */
const WIDEST = 4096;
/** Narrower rows are not worth it. */
const NARROWEST = 16;
/** Rows are folded side by side up to this width: longer vectors, and shorter chains of additions. */
const FOLDED = 1024;

function reduce(
  { inputs, attrs }: Call<ReduceAttrs>,
  finish: (mean: tf.Tensor, rows: number) => tf.Tensor,
): Result | undefined {
  const x = inputs.x as tf.Tensor;
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape).sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  const inner = x.shape.slice(first + axes.length);
  const adjacent = axes.every((axis, i) => axis === first + i);
  const columns = tf.util.sizeFromShape(inner);
  if (x.dtype !== 'float32' || x.size === 0 || !adjacent || columns < 2) return undefined;
  const channels = widestDivisor(columns);
  const outer = x.shape.slice(0, first);
  const images = tf.util.sizeFromShape(outer);
  const rows = x.size / columns / images;
  if (rows < 2 || channels < Math.min(columns, NARROWEST)) return undefined;
  const shape = [...outer, ...(attrs.keepDims ? axes.map(() => 1) : []), ...inner];
  return tf.tidy(() =>
    tf.reshape(finish(meanOfRows(x, [images, rows, columns / channels, channels]), rows), shape),
  );
}

function widestDivisor(columns: number): number {
  let parts = Math.ceil(columns / WIDEST);
  while (columns % parts !== 0) parts++;
  return columns / parts;
}

/** Mean of x, taken as [images, rows, pixels, channels], over the rows. */
function meanOfRows(
  x: tf.Tensor,
  [images, rows, pixels, channels]: [number, number, number, number],
): tf.Tensor {
  let fold = 1;
  while (rows % (4 * fold) === 0 && 2 * fold * pixels * channels <= FOLDED) fold *= 2;
  const pool = (x: tf.Tensor, rows: number, pixels: number, channels: number) =>
    tf.avgPool(tf.reshape(x, [images, rows, pixels, channels]) as tf.Tensor4D, [rows, 1], 1, 'valid');
  if (fold === 1) return pool(x, rows, pixels, channels);
  return pool(pool(x, rows / fold, 1, fold * pixels * channels), fold, pixels, channels);
}
