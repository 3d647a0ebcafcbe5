/**
 * Sum and Mean over axes that lie side by side (statistics, gradients of biases, norms of pixels). The stock kernels
 * transpose first where these are not the last, and leave those of an empty tensor unwritten.
 */
import * as tf from '@tensorflow/tfjs-core';
import { addressesOf, native } from '../native/native';
import { type Call, override, type Result } from '../override';

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

export const sum = override<ReduceAttrs>(tf.Sum, (call, stock) => reduce(call, () => 1) ?? stock(call));

export const mean = override<ReduceAttrs>(
  tf.Mean,
  (call, stock) => reduce(call, (reduced) => 1 / reduced) ?? stock(call),
);

function reduce(
  { inputs, attrs, backend }: Call<ReduceAttrs>,
  share: (reduced: number) => number,
): Result | undefined {
  const x = inputs.x as tf.Tensor;
  if (x.size === 0) return tf.zeros(outputShape(x, attrs), x.dtype);
  const axes = tf.util.parseAxisParam(attrs.axis, x.shape).sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  const adjacent = axes.every((axis, i) => axis === first + i);
  if (x.dtype !== 'float32' || !adjacent) return undefined;
  const [outer, reduced, inner] = [
    x.shape.slice(0, first),
    x.shape.slice(first, first + axes.length),
    x.shape.slice(first + axes.length),
  ].map(tf.util.sizeFromShape) as [number, number, number];
  const y = backend.makeOutput(outputShape(x, attrs), 'float32');
  const [xAt, yAt] = addressesOf(backend, x, y);
  native(backend).exports.sum(xAt, outer, reduced, inner, share(reduced), yAt);
  return y;
}

function outputShape(x: tf.Tensor, { axis, keepDims }: ReduceAttrs): number[] {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const [kept] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  return keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept;
}
