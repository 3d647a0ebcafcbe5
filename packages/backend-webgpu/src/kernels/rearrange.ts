/**
 * Kernels that only move elements, where the stock ones do not compile (ranks above 4, integers turned), or read the
 * GPU at once (Tile).
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { override } from '../override';
import { move, stridesOf } from './move';

/** The highest rank that stock kernels take without fail. */
export const STOCK_RANK = 4;

const isComplex = ({ dtype }: tf.Tensor) => dtype === 'complex64' || dtype === 'string';

export const transpose = override<{ perm: number[] }>(tf.Transpose, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  if (isComplex(x) || (x.dtype === 'float32' && x.rank <= STOCK_RANK)) return stock();
  const strides = stridesOf(x.shape);
  const axes = attrs.perm.map((axis) => ({ size: x.shape[axis] as number, stride: strides[axis] as number }));
  return move(gpu, x, { name: tf.Transpose, shape: axes.map(({ size }) => size), axes });
});

export const reverse = override<{ dims: number | number[] }>(tf.Reverse, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  if (isComplex(x) || x.rank <= STOCK_RANK) return stock();
  const reversed = tf.util.parseAxisParam(attrs.dims, x.shape);
  let start = 0;
  const axes = stridesOf(x.shape).map((stride, axis) => {
    const size = x.shape[axis] as number;
    if (!reversed.includes(axis)) return { size, stride };
    start += (size - 1) * stride;
    return { size, stride: -stride };
  });
  return move(gpu, x, { name: tf.Reverse, shape: x.shape, axes, start });
});

export const tile = override<{ reps: number[] }>(tf.Tile, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  if (isComplex(x)) return stock();
  const { reps } = attrs;
  const shape = x.shape.map((size, axis) => size * (reps[axis] as number));
  const strides = stridesOf(x.shape);
  const axes = x.shape.flatMap((size, axis) => [
    { size: reps[axis] as number, stride: 0 },
    { size, stride: strides[axis] as number },
  ]);
  return move(gpu, x, { name: tf.Tile, shape, axes });
});

export const pad = override<tf.PadV2Attrs>(tf.PadV2, ({ inputs, attrs, gpu }, stock) => {
  const x = inputs.x as tf.Tensor;
  if (isComplex(x) || x.rank <= STOCK_RANK || x.size === 0) return stock();
  const { paddings, constantValue: fill } = attrs;
  const strides = stridesOf(x.shape);
  const axes = x.shape.map((extent, axis) => {
    const [before, after] = paddings[axis] as [number, number];
    const size = before + extent + after;
    const stride = strides[axis] as number;
    return size === extent ? { size, stride } : { size, stride, within: { before, extent } };
  });
  return move(gpu, x, { name: tf.PadV2, shape: axes.map(({ size }) => size), axes, fill });
});

export const stridedSlice = override<tf.StridedSliceAttrs>(
  tf.StridedSlice,
  ({ inputs, attrs, gpu }, stock) => {
    const x = inputs.x as tf.Tensor;
    if (isComplex(x) || x.rank <= STOCK_RANK) return stock();
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const info = tf.slice_util.sliceInfo(
      x.shape,
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const steps = stridesOf(x.shape);
    const start = info.begin.reduce((sum, from, axis) => sum + from * (steps[axis] as number), 0);
    const axes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((size, axis) => ({
      size,
      stride: (info.strides[axis] as number) * (steps[axis] as number),
    }));
    return move(gpu, x, { name: tf.StridedSlice, shape: info.finalShape, axes, start });
  },
);

export const mirrorPad = override<object>(tf.MirrorPad, ({ inputs }, stock) => {
  const { rank, shape } = inputs.x as tf.Tensor;
  if (rank <= STOCK_RANK) return stock();
  throw new NeusimError(
    'GPU_RANK',
    `${tf.MirrorPad} takes no tensor of rank ${rank} on WebGPU ([${shape}])`,
    {
      data: { kernel: tf.MirrorPad, rank, allowed: STOCK_RANK },
      hint: `Reshape it to rank ${STOCK_RANK} or less around the call.`,
    },
  );
});
