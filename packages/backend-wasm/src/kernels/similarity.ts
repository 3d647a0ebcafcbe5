/** The similarity convolution and its gradients: one call each, whatever the geometry and the form of m. */
import {
  type ConvAttrs,
  type Geometry,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  type SimilarityGradAttrs,
} from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { layoutOf, writeGeometry } from '../native/geometry';
import { addressesOf, native, requireDone } from '../native/native';
import { filled, makeOutputs, zeros } from '../native/outputs';
import { override } from '../override';

type T4 = tf.Tensor4D;

export const similarityConv2d = override<ConvAttrs>(
  SIMILARITY_CONV2D,
  ({ inputs, attrs: { g }, backend }) => {
    const { x, w, m } = inputs as { x: T4; w: T4; m: tf.Tensor };
    const [batch, filters] = [x.shape[0], w.shape[3]];
    const shape = [batch, g.outHeight, g.outWidth, filters];
    if ([x, w, m].some((t) => t.size === 0)) return zeros(backend, shape);
    const y = backend.makeOutput(shape, 'float32');
    const engine = native(backend);
    const [xAt, wAt, mAt, yAt] = addressesOf(backend, x, w, m, y);
    const at = writeGeometry(engine, g, batch, filters, layoutOf(m.shape));
    requireDone(
      engine.exports.similarityForward(at, xAt, wAt, mAt, yAt, 0, false),
      'a similarity convolution',
      backend,
      [y],
    );
    return y;
  },
);

/** Whether dx, dw and dm are wanted. */
type Wanted = readonly [boolean, boolean, boolean];

interface Operands {
  readonly x?: T4;
  readonly w?: T4;
  readonly m?: tf.Tensor;
  readonly dy: T4;
}

/** The gradients wanted, in the order dx, dw, dm. */
function backward(
  backend: BackendWasm,
  { x, w, m, dy }: Operands,
  mShape: readonly number[],
  g: Geometry,
  wanted: Wanted,
): tf.TensorInfo[] {
  const [batch, , , filters] = dy.shape;
  const shapes = [
    [batch, g.height, g.width, g.channels],
    [g.kernelHeight, g.kernelWidth, g.channels, filters],
    mShape,
  ];
  const outputs = makeOutputs(backend, ...shapes.filter((_, i) => wanted[i])).map((out) =>
    filled(backend, out),
  );
  let next = 0;
  const [dx, dw, dm] = wanted.map((each) => (each ? outputs[next++] : null));
  if ([x, w, m, dy].some((t) => t?.size === 0)) return outputs;
  const engine = native(backend);
  const [xAt, wAt, mAt, dyAt, dxAt, dwAt, dmAt] = addressesOf(backend, x, w, m, dy, dx, dw, dm);
  const at = writeGeometry(engine, g, batch, filters, layoutOf(mShape));
  requireDone(
    engine.exports.similarityBackward(at, xAt, wAt, mAt, dyAt, dxAt, dwAt, dmAt),
    "a similarity convolution's gradients",
    backend,
    outputs,
  );
  return outputs;
}

export const similarityConv2dBackprop = override<ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP,
  ({ inputs, attrs: { g }, backend }) =>
    backward(backend, inputs as unknown as Operands, (inputs.m as tf.Tensor).shape, g, [true, true, true]),
);

export const similarityConv2dBackpropInput = override<ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  ({ inputs, attrs: { g }, backend }) =>
    backward(backend, inputs as unknown as Operands, (inputs.m as tf.Tensor).shape, g, [true, false, false]),
);

export const similarityConv2dBackpropFilter = override<ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  ({ inputs, attrs: { g }, backend }) =>
    backward(backend, inputs as unknown as Operands, (inputs.m as tf.Tensor).shape, g, [false, true, false]),
);

export const similarityConv2dBackpropSimilarity = override<SimilarityGradAttrs>(
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  ({ inputs, attrs: { g, mShape }, backend }) =>
    backward(backend, inputs as unknown as Operands, mShape, g, [false, false, true]),
);
