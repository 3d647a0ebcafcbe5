/**
 * Gradients of plain convolutions: the filter gradient, which tfjs-wasm lacks, and the input gradient, which it has
 * in a slow form. Both are core's compositions, the filter's by Winograd's algorithm where that pays.
 */
import { CONV2D_BACKPROP_FILTER, type ConvAttrs, type Geometry, composed as seam } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../override';
import { isWinograd, winogradFilterGradient } from '../winograd';

interface ConvGradAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

export const conv2DBackpropFilter = composed<ConvGradAttrs & { readonly filterShape: Shape4 }>(
  tf.Conv2DBackpropFilter,
  ({ x, dy }, attrs) => {
    const images = channelsLast(x as tf.Tensor4D, attrs);
    const g = geometry(images.shape, attrs.filterShape, attrs);
    if (x?.size === 0 || dy?.size === 0) return tf.zeros(attrs.filterShape);
    return filterGradient(images, channelsLast(dy as tf.Tensor4D, attrs), g);
  },
);

export const seamConv2DBackpropFilter = composed<ConvAttrs>(CONV2D_BACKPROP_FILTER, ({ x, dy }, { g }) => {
  if (x?.size === 0 || dy?.size === 0)
    return tf.zeros([g.kernelHeight, g.kernelWidth, g.channels, (dy as tf.Tensor4D).shape[3]]);
  return filterGradient(x as tf.Tensor4D, dy as tf.Tensor4D, g);
});

/** Channels below which Winograd's sums of rows cost more than they save. */
const FEWEST_CHANNELS = 16;
/** Multiply-adds below which the calls do. */
const LEAST_WORK = 3e7;

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, g: Geometry): tf.Tensor4D {
  return isWinograd(g) && g.channels >= FEWEST_CHANNELS && g.taps * x.size * dy.shape[3] >= LEAST_WORK
    ? winogradFilterGradient(x, dy, g)
    : seam.convBackpropFilter(x, dy, g);
}

export const conv2DBackpropInput = composed<ConvGradAttrs & { readonly inputShape: Shape4 }>(
  tf.Conv2DBackpropInput,
  ({ dy, filter }, attrs) => {
    const { inputShape, dataFormat } = attrs;
    if (dy?.size === 0) return tf.zeros(inputShape);
    const [batch, channels, height, width] = inputShape;
    const images: Shape4 = dataFormat === 'NCHW' ? [batch, height, width, channels] : inputShape;
    const g = geometry(images, (filter as tf.Tensor4D).shape, attrs);
    const dx = seam.convBackpropInput(filter as tf.Tensor4D, channelsLast(dy as tf.Tensor4D, attrs), g);
    return dataFormat === 'NCHW' ? tf.transpose(dx, [0, 3, 1, 2]) : dx;
  },
);

function channelsLast(x: tf.Tensor4D, { dataFormat }: ConvGradAttrs): tf.Tensor4D {
  return dataFormat === 'NCHW' ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

function geometry(input: Shape4, filter: Shape4, { strides, pad, dimRoundingMode }: ConvGradAttrs): Geometry {
  const info = tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad, dimRoundingMode);
  return fromConvInfo(info);
}

/** Core's geometry from tfjs's. */
export function fromConvInfo(info: tf.backend_util.Conv2DInfo): Geometry {
  const { top, bottom, left, right } = info.padInfo;
  return {
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    taps: info.filterHeight * info.filterWidth,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pad: [
      [top, bottom],
      [left, right],
    ],
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    centre: [((info.effectiveFilterHeight - 1) >> 1) - top, ((info.effectiveFilterWidth - 1) >> 1) - left],
  };
}
