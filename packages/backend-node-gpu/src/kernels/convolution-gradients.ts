/**
 * Gradients of plain convolutions by Conv2DBackpropInput and Conv2DBackpropFilter, on maps padded beforehand:
 * TensorFlow's explicit padding leaves oneDNN's kernels and is up to five times slower. It has no gradients with
 * dilation on the CPU: there the seam's compositions stay.
 */
import {
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  type ConvAttrs,
  composed,
  type Geometry,
  patches,
} from '@neusim/core';
import type * as tf from '@tensorflow/tfjs-core';
import { execute, type NativeTensorflow, shapeTensor } from '../tensorflow';
import { filterShape, inputShape, nativeKernel } from './native-kernel';

type T4 = tf.Tensor4D;

export const convBackpropInput = nativeKernel<{ w: T4; dy: T4 }, ConvAttrs>(
  CONV2D_BACKPROP_INPUT,
  ({ inputs: { dy }, attrs: { g } }) => [inputShape(dy, g)],
  ({ inputs: { w, dy }, attrs: { g }, native }) => {
    if (isDilated(g)) return composed.convBackpropInput(w, dy, g);
    const padded = shapeTensor([dy.shape[0], ...patches.paddedSize(g), g.channels]);
    return patches.unpadInput(gradient(native, 'Conv2DBackpropInput', g, [padded, w, dy]), g);
  },
);

export const convBackpropFilter = nativeKernel<{ x: T4; dy: T4 }, ConvAttrs>(
  CONV2D_BACKPROP_FILTER,
  ({ inputs: { dy }, attrs: { g } }) => [filterShape(dy, g)],
  ({ inputs: { x, dy }, attrs: { g }, native }) => {
    if (isDilated(g)) return composed.convBackpropFilter(x, dy, g);
    const shape = shapeTensor(filterShape(dy, g));
    return gradient(native, 'Conv2DBackpropFilter', g, [patches.padInput(x, g), shape, dy]);
  },
);

function isDilated(g: Geometry): boolean {
  return g.dilations.some((dilation) => dilation > 1);
}

function gradient(native: NativeTensorflow, operation: string, g: Geometry, inputs: tf.Tensor[]): T4 {
  const attributes = {
    strides: [1, ...g.strides, 1],
    padding: 'VALID',
    data_format: 'NHWC',
    dilations: [1, 1, 1, 1],
    use_cudnn_on_gpu: true,
  };
  return execute(native, operation, attributes, inputs)[0] as T4;
}
