/** Gradients of max and average pooling by TensorFlow's kernels for the CPU, which take a window's first maximum. */
import { AVG_POOL_GRAD, MAX_POOL_GRAD, type PoolAttrs } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { execute, shapeTensor } from '../tensorflow';
import { nativeKernel } from './native-kernel';

type T4 = tf.Tensor4D;

export const maxPoolGradient = nativeKernel<{ dy: T4; x: T4 }, PoolAttrs>(
  MAX_POOL_GRAD,
  ({ inputs: { x } }) => [x.shape],
  ({ inputs: { dy, x }, attrs, native }) => {
    const y = tf.maxPool(x, attrs.filterSize, attrs.strides, attrs.pad, attrs.dimRoundingMode);
    return execute(native, 'MaxPoolGrad', windowOf(x.shape, attrs), [x, y, dy]);
  },
);

export const avgPoolGradient = nativeKernel<{ dy: T4 }, PoolAttrs & { readonly xShape: number[] }>(
  AVG_POOL_GRAD,
  ({ attrs: { xShape } }) => [xShape],
  ({ inputs: { dy }, attrs: { xShape, ...attrs }, native }) =>
    execute(native, 'AvgPoolGrad', windowOf(xShape, attrs), [shapeTensor(xShape), dy]),
);

function windowOf(xShape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttrs) {
  const shape = xShape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const padding = info.padInfo.type;
  if (padding !== 'SAME' && padding !== 'VALID')
    throw new NeusimError(
      'POOL_PADDING',
      `tfjs-node pools with padding same or valid, not ${JSON.stringify(pad)}`,
      {
        data: { pad },
        hint: "pad the input with tf.pad, then pool with 'valid'",
      },
    );
  return {
    ksize: [1, info.filterHeight, info.filterWidth, 1],
    strides: [1, info.strideHeight, info.strideWidth, 1],
    padding,
    data_format: 'NHWC',
  };
}
