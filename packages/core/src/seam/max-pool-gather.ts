/**
 * The transpose of max pooling's gradient: the value of v where x has its maximum in each window. It closes the
 * second order of max pooling, whose gradient is linear in dy and, almost everywhere, constant in x.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

export const MAX_POOL_GATHER = 'NeusimMaxPoolGather';

export interface PoolAttrs {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const gather: SeamKernel<{ x: tf.Tensor4D; v: tf.Tensor4D }, [tf.Tensor4D], PoolAttrs> = {
  name: MAX_POOL_GATHER,
  inputs: ['x', 'v'],
  shapes: ({ x }, attrs) => [poolInfo(x, attrs).outShape],
  composed: ({ x, v }, attrs) => [composed(x, v, attrs)],
  gradient: ([dy], { x, v }, attrs) => ({
    x: () => tf.zerosLike(x),
    v: () => maxPoolGrad(dy, x, attrs, v),
  }),
};

function maxPoolGrad(dy: tf.Tensor, x: tf.Tensor, attrs: PoolAttrs, v: tf.Tensor): tf.Tensor {
  const output = tf.engine().runKernel('MaxPool', { x }, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
  const inputs = { dy, input: x, output };
  return tf.reshape(
    tf.engine().runKernel('MaxPoolGrad', inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor,
    v.shape,
  );
}

/** v [B,H,W,C] at the first maximum of x [B,H,W,C] in each window: [B,H',W',C]. */
export function maxPoolGather(x: tf.Tensor4D, v: tf.Tensor4D, attrs: PoolAttrs): tf.Tensor4D {
  return runKernel(gather, { x, v }, attrs)[0];
}

function poolInfo(x: tf.Tensor4D, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) {
  return tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
}

function composed(x: tf.Tensor4D, v: tf.Tensor4D, attrs: PoolAttrs): tf.Tensor4D {
  const info = poolInfo(x, attrs);
  const { top, bottom, left, right } = info.padInfo;
  const pads: [number, number][] = [
    [0, 0],
    [top, bottom + info.strideHeight],
    [left, right + info.strideWidth],
    [0, 0],
  ];
  const [paddedX, paddedV] = [tf.pad(x, pads, Number.NEGATIVE_INFINITY), tf.pad(v, pads)];
  const read = (t: tf.Tensor, dy: number, dx: number) =>
    tf.stridedSlice(
      t,
      [0, dy, dx, 0],
      [
        info.batchSize,
        dy + (info.outHeight - 1) * info.strideHeight + 1,
        dx + (info.outWidth - 1) * info.strideWidth + 1,
        info.inChannels,
      ],
      [1, info.strideHeight, info.strideWidth, 1],
    ) as tf.Tensor4D;
  let best = read(paddedX, 0, 0);
  let value = read(paddedV, 0, 0);
  for (let t = 1; t < info.filterHeight * info.filterWidth; t++) {
    const dy = Math.floor(t / info.filterWidth);
    const dx = t % info.filterWidth;
    const candidate = read(paddedX, dy, dx);
    const better = tf.greater(candidate, best);
    best = tf.maximum(candidate, best);
    value = tf.where(better, read(paddedV, dy, dx), value);
  }
  return value;
}
