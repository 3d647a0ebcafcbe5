/**
 * Gradients of max and average pooling. The stock kernels are slow (the window is searched anew for each element of
 * x) and wrong (max pooling of negative inputs, average pooling with padding). These walk the windows once.
 */
import { AVG_POOL_GRAD, fromConvInfo, MAX_POOL_GRAD, type PoolAttrs } from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { writeGeometry } from '../native/geometry';
import { addressesOf, native } from '../native/native';
import { zeros } from '../native/outputs';
import { override } from '../override';

export const seamMaxPoolGrad = override<PoolAttrs>(MAX_POOL_GRAD, ({ inputs, attrs, backend }) =>
  maxPoolGrad(inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const stockMaxPoolGrad = override<PoolAttrs>(tf.MaxPoolGrad, ({ inputs, attrs, backend }) =>
  maxPoolGrad(inputs.input as tf.Tensor4D, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const seamAvgPoolGrad = override<PoolAttrs & { readonly xShape: readonly number[] }>(
  AVG_POOL_GRAD,
  ({ inputs, attrs, backend }) => avgPoolGrad(attrs.xShape, inputs.dy as tf.Tensor4D, attrs, backend),
);

export const stockAvgPoolGrad = override<PoolAttrs>(tf.AvgPoolGrad, ({ inputs, attrs, backend }) =>
  avgPoolGrad((inputs.input as tf.Tensor4D).shape, inputs.dy as tf.Tensor4D, attrs, backend),
);

/** dy goes to the first maximum of each window. */
function maxPoolGrad(x: tf.Tensor4D, dy: tf.Tensor4D, attrs: PoolAttrs, backend: BackendWasm): tf.TensorInfo {
  const dx = zeros(backend, x.shape);
  if (dy.size === 0) return dx;
  const [xAt, dyAt, dxAt] = addressesOf(backend, x, dy, dx);
  native(backend).exports.maxPoolGradient(windows(x.shape, attrs, backend), xAt, dyAt, dxAt);
  return dx;
}

/** dy is shared out among the elements of each window that exist. */
function avgPoolGrad(
  xShape: readonly number[],
  dy: tf.Tensor4D,
  attrs: PoolAttrs,
  backend: BackendWasm,
): tf.TensorInfo {
  const dx = zeros(backend, xShape);
  if (dy.size === 0) return dx;
  const [dyAt, dxAt] = addressesOf(backend, dy, dx);
  native(backend).exports.averagePoolGradient(windows(xShape, attrs, backend), dyAt, dxAt);
  return dx;
}

/** Where the windows lie, written for the kernels. */
function windows(xShape: readonly number[], attrs: PoolAttrs, backend: BackendWasm): number {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = xShape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return writeGeometry(native(backend), fromConvInfo(info), info.batchSize, info.inChannels);
}
