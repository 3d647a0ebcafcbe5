/** Gradients of depthwise convolution, which tfjs-wasm lacks. */
import { fromConvInfo } from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Address } from '../native/exports';
import { writeGeometry } from '../native/geometry';
import { addressesOf, native } from '../native/native';
import { zeros } from '../native/outputs';
import { override } from '../override';

interface DepthwiseGradAttrs {
  readonly strides: [number, number] | number;
  readonly dilations: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

export const depthwiseBackpropInput = override<DepthwiseGradAttrs & { readonly inputShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropInput,
  ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    const dx = zeros(backend, attrs.inputShape);
    if (dy.size === 0) return dx;
    const [filterAt, dyAt, dxAt] = addressesOf(backend, filter, dy, dx);
    const at = geometry(backend, attrs.inputShape, filter.shape, attrs);
    native(backend).exports.depthwiseInputGradient(at, filterAt, dyAt, dxAt);
    return dx;
  },
);

export const depthwiseBackpropFilter = override<DepthwiseGradAttrs & { readonly filterShape: Shape4 }>(
  tf.DepthwiseConv2dNativeBackpropFilter,
  ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const dw = zeros(backend, attrs.filterShape);
    if (dy.size === 0) return dw;
    const [xAt, dyAt, dwAt] = addressesOf(backend, x, dy, dw);
    const at = geometry(backend, x.shape, attrs.filterShape, attrs);
    native(backend).exports.depthwiseFilterGradient(at, xAt, dyAt, dwAt);
    return dw;
  },
);

function geometry(
  backend: BackendWasm,
  input: Shape4,
  filter: Shape4,
  { strides, dilations, pad, dimRoundingMode }: DepthwiseGradAttrs,
): Address {
  const info = tf.backend_util.computeConv2DInfo(
    input,
    filter,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  return writeGeometry(native(backend), fromConvInfo(info), input[0], filter[3]);
}
