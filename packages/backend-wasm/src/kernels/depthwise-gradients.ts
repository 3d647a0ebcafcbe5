/**
 * Gradients of depthwise convolution, which tfjs-wasm lacks. Filter [kh,kw,C,Q], dy [B,H',W',C·Q] whose channel
 * Q·c + q is filter q of input channel c.
 */
import { dilatedSize, type Geometry, padOrCrop, pick2d, composed as seam } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../override';
import { fromConvInfo } from './geometry';

interface DepthwiseGradAttrs {
  readonly strides: [number, number] | number;
  readonly dilations: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

export const depthwiseBackpropInput = composed<DepthwiseGradAttrs & { readonly inputShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropInput,
  (inputs, attrs) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    if (dy.size === 0) return tf.zeros(attrs.inputShape);
    const g = geometry(attrs.inputShape, filter.shape, attrs);
    const [kernelHeight, kernelWidth, channels, multiplier] = filter.shape;
    const flipped = tf.reshape(tf.reverse(filter, [0, 1]), [kernelHeight, kernelWidth, -1, 1]) as tf.Tensor4D;
    const dx = tf.depthwiseConv2d(seam.spreadForInput(dy, g), flipped, 1, 'valid', 'NHWC', [...g.dilations]);
    return multiplier === 1
      ? dx
      : tf.reshape(tf.sum(tf.reshape(dx, [-1, channels, multiplier]), 2), attrs.inputShape);
  },
);

export const depthwiseBackpropFilter = composed<DepthwiseGradAttrs & { readonly filterShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropFilter,
  (inputs, attrs) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const [, , channels, multiplier] = attrs.filterShape;
    if (dy.size === 0) return tf.zeros(attrs.filterShape);
    const g = geometry(x.shape, attrs.filterShape, attrs);
    const needed = (out: number, kernel: number, axis: 0 | 1) =>
      (out - 1) * g.strides[axis] + dilatedSize(kernel, g.dilations[axis]);
    const padded = padOrCrop(
      x,
      [g.pad[0][0], needed(g.outHeight, g.kernelHeight, 0) - g.height - g.pad[0][0]],
      [g.pad[1][0], needed(g.outWidth, g.kernelWidth, 1) - g.width - g.pad[1][0]],
    );
    const grads = tf.reshape(dy, [-1, channels, multiplier]);
    const taps = Array.from({ length: g.taps }, (_, t) =>
      tf.tidy(() => {
        const offset = [
          Math.floor(t / g.kernelWidth) * g.dilations[0],
          (t % g.kernelWidth) * g.dilations[1],
        ] as const;
        const patch = pick2d(padded, offset, g.strides, [g.outHeight, g.outWidth]);
        return tf.sum(tf.mul(tf.reshape(patch, [-1, channels, 1]), grads), 0);
      }),
    );
    return tf.reshape(tf.stack(taps), attrs.filterShape);
  },
);

function geometry(input: Shape4, filter: Shape4, attrs: DepthwiseGradAttrs): Geometry {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  return fromConvInfo(
    tf.backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode, true),
  );
}
