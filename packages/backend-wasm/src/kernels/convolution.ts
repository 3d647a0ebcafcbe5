/**
 * Plain convolutions and their gradients: those of the seam, and tfjs's own, which differ in how they say their
 * geometry. 3×3 windows of stride 1 take Winograd's algorithm where that is less work.
 */
import {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  type ConvAttrs,
  fromConvInfo,
  type Geometry,
  composed as seam,
} from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { writeGeometry } from '../native/geometry';
import { addressesOf, hasManyThreads, native, requireDone } from '../native/native';
import { zeros } from '../native/outputs';
import { composed, override } from '../override';
import { winogradTile } from './winograd-tile';

type T4 = tf.Tensor4D;
type Shape4 = [number, number, number, number];

interface Epilogue {
  readonly bias?: tf.Tensor;
  readonly relu?: boolean;
}

/** y[B,H',W',F] of x[B,H,W,C] and w[kh,kw,C,F]. */
export function convForward(
  backend: BackendWasm,
  x: T4,
  w: T4,
  g: Geometry,
  { bias, relu = false }: Epilogue = {},
): tf.TensorInfo {
  const [batch, filters] = [x.shape[0], w.shape[3]];
  const shape = [batch, g.outHeight, g.outWidth, filters];
  if (x.size === 0 || w.size === 0 || tf.util.sizeFromShape(shape) === 0) return zeros(backend, shape);
  const y = backend.makeOutput(shape, 'float32');
  const engine = native(backend);
  const [xAt, wAt, yAt, biasAt] = addressesOf(backend, x, w, y, bias);
  const at = writeGeometry(engine, g, batch, filters);
  const tile = winogradTile(g, batch, filters);
  const done = tile
    ? engine.exports.winogradForward(at, tile, xAt, wAt, false, yAt, biasAt, relu)
    : engine.exports.similarityForward(at, xAt, wAt, 0, yAt, biasAt, relu);
  requireDone(done, 'a convolution', backend, [y]);
  return y;
}

/** dx[B,H,W,C] of w[kh,kw,C,F] and dy[B,H',W',F]. */
function convBackpropInput(backend: BackendWasm, w: T4, dy: T4, g: Geometry): tf.TensorInfo {
  const [batch, filters] = [dy.shape[0], w.shape[3]];
  const shape = [batch, g.height, g.width, g.channels];
  if (dy.size === 0 || w.size === 0) return zeros(backend, shape);
  const engine = native(backend);
  const turned = turnedGeometry(g, filters);
  const tile = winogradTile(turned, batch, g.channels);
  const dx = tile ? backend.makeOutput(shape, 'float32') : zeros(backend, shape);
  const [wAt, dyAt, dxAt] = addressesOf(backend, w, dy, dx);
  const done = tile
    ? engine.exports.winogradForward(
        writeGeometry(engine, turned, batch, g.channels),
        tile,
        dyAt,
        wAt,
        true,
        dxAt,
        0,
        false,
      )
    : engine.exports.similarityBackward(
        writeGeometry(engine, g, batch, filters),
        0,
        wAt,
        0,
        dyAt,
        dxAt,
        0,
        0,
      );
  requireDone(done, "a convolution's input gradient", backend, [dx]);
  return dx;
}

/** The convolution of dy that is a convolution's input gradient, for strides of 1. */
function turnedGeometry(g: Geometry, filters: number): Geometry {
  const around = (size: number, dilation: number, pad: readonly [number, number]) => {
    const reach = (size - 1) * dilation;
    return [reach - pad[0], reach - pad[1]] as const;
  };
  return {
    ...g,
    height: g.outHeight,
    width: g.outWidth,
    channels: filters,
    outHeight: g.height,
    outWidth: g.width,
    pad: [around(g.kernelHeight, g.dilations[0], g.pad[0]), around(g.kernelWidth, g.dilations[1], g.pad[1])],
  };
}

/** dw[kh,kw,C,F] of x[B,H,W,C] and dy[B,H',W',F]. */
function convBackpropFilter(backend: BackendWasm, x: T4, dy: T4, g: Geometry): tf.TensorInfo {
  const [batch, , , filters] = dy.shape;
  const shape = [g.kernelHeight, g.kernelWidth, g.channels, filters];
  if (x.size === 0 || dy.size === 0) return zeros(backend, shape);
  const engine = native(backend);
  const tile = winogradTile(g, batch, filters);
  const dw = tile ? backend.makeOutput(shape, 'float32') : zeros(backend, shape);
  const [xAt, dyAt, dwAt] = addressesOf(backend, x, dy, dw);
  const at = writeGeometry(engine, g, batch, filters);
  const done = tile
    ? engine.exports.winogradFilterGradient(at, tile, xAt, dyAt, dwAt)
    : engine.exports.similarityBackward(at, xAt, 0, 0, dyAt, 0, dwAt, 0);
  requireDone(done, "a convolution's filter gradient", backend, [dw]);
  return dw;
}

export const seamConv2d = override<ConvAttrs>(CONV2D, ({ inputs, attrs: { g }, backend }) => {
  const { x, w } = inputs as Record<'x' | 'w', T4>;
  return hasManyThreads(backend) ? tf.tidy(() => seam.convForward(x, w, g)) : convForward(backend, x, w, g);
});

export const seamConv2dBackpropInput = override<ConvAttrs>(
  CONV2D_BACKPROP_INPUT,
  ({ inputs, attrs, backend }) => convBackpropInput(backend, inputs.w as T4, inputs.dy as T4, attrs.g),
);

export const seamConv2dBackpropFilter = override<ConvAttrs>(
  CONV2D_BACKPROP_FILTER,
  ({ inputs, attrs, backend }) => convBackpropFilter(backend, inputs.x as T4, inputs.dy as T4, attrs.g),
);

export const conv2d = override<tf.Conv2DAttrs>(tf.Conv2D, (call, stock) => {
  const { x, filter } = call.inputs as Record<'x' | 'filter', T4>;
  if (call.attrs.dataFormat !== 'NHWC' || x.dtype !== 'float32' || hasManyThreads(call.backend))
    return stock(call);
  return convForward(call.backend, x, filter, geometryOf(x.shape, filter.shape, call.attrs));
});

export const fusedConv2d = override<tf.FusedConv2DAttrs>(tf.FusedConv2D, (call, stock) => {
  const { x, filter, bias } = call.inputs as Record<'x' | 'filter', T4> & { bias?: tf.Tensor };
  const { activation, dataFormat } = call.attrs;
  const fits = !bias || (bias.rank <= 1 && bias.size === filter.shape[3]);
  if (
    dataFormat !== 'NHWC' ||
    !fits ||
    hasManyThreads(call.backend) ||
    (activation !== 'linear' && activation !== 'relu')
  )
    return stock(call);
  const g = geometryOf(x.shape, filter.shape, call.attrs);
  return convForward(call.backend, x, filter, g, { ...(bias && { bias }), relu: activation === 'relu' });
});

interface ConvGradAttrs {
  readonly strides: [number, number] | number;
  readonly dilations?: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export const conv2DBackpropFilter = composed<ConvGradAttrs & { readonly filterShape: Shape4 }>(
  tf.Conv2DBackpropFilter,
  ({ x, dy }, attrs, backend) => {
    const images = channelsLast(x as T4, attrs);
    const g = geometryOf(images.shape, attrs.filterShape, attrs);
    return made(convBackpropFilter(backend, images, channelsLast(dy as T4, attrs), g));
  },
);

export const conv2DBackpropInput = composed<ConvGradAttrs & { readonly inputShape: Shape4 }>(
  tf.Conv2DBackpropInput,
  ({ dy, filter }, attrs, backend) => {
    const { inputShape, dataFormat } = attrs;
    const [batch, channels, height, width] = inputShape;
    const images: Shape4 = dataFormat === 'NCHW' ? [batch, height, width, channels] : inputShape;
    const g = geometryOf(images, (filter as T4).shape, attrs);
    const dx = made(convBackpropInput(backend, filter as T4, channelsLast(dy as T4, attrs), g));
    return dataFormat === 'NCHW' ? tf.transpose(dx, [0, 3, 1, 2]) : dx;
  },
);

function channelsLast(x: T4, { dataFormat }: ConvGradAttrs): T4 {
  return dataFormat === 'NCHW' ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

function made(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** Core's geometry from tfjs's attributes. */
function geometryOf(
  input: Shape4,
  filter: Shape4,
  { strides, dilations = 1, pad, dimRoundingMode }: Omit<ConvGradAttrs, 'dataFormat'>,
): Geometry {
  return fromConvInfo(
    tf.backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode),
  );
}
