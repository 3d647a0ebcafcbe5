/** Sampling at offsets, and the convolution of what is sampled: one call each, forward and for all gradients. */
import {
  type ConvAttrs,
  type Geometry,
  SAMPLE_PATCHES,
  SAMPLE_PATCHES_BACKPROP,
  SAMPLED_CONV2D,
  SAMPLED_CONV2D_BACKPROP,
  SAMPLED_SIMILARITY_CONV2D,
  SAMPLED_SIMILARITY_CONV2D_BACKPROP,
  type SampleAttrs,
} from '@neusim/core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { layoutOf, writeGeometry } from '../native/geometry';
import { addressesOf, native, requireDone } from '../native/native';
import { filled, makeOutputs, zeros } from '../native/outputs';
import { type Override, override } from '../override';

type T4 = tf.Tensor4D;

const samplePatches = override<SampleAttrs>(SAMPLE_PATCHES, ({ inputs, attrs: { g, order }, backend }) => {
  const { x, offsets } = inputs as { x: T4; offsets: T4 };
  const [batch] = x.shape;
  const shape = [batch, g.outHeight, g.outWidth * g.taps, g.channels];
  if (x.size === 0 || offsets.size === 0) return zeros(backend, shape);
  const patches = backend.makeOutput(shape, 'float32');
  const engine = native(backend);
  const [xAt, offsetsAt, to] = addressesOf(backend, x, offsets, patches);
  const at = writeGeometry(engine, g, batch, 0, undefined, layoutOf(offsets.shape));
  const done = engine.exports.samplePatches(at, xAt, offsetsAt, to, ...order);
  requireDone(done, 'sampled patches', backend, [patches]);
  return patches;
});

const samplePatchesBackprop = override<SampleAttrs>(
  SAMPLE_PATCHES_BACKPROP,
  ({ inputs, attrs: { g, order }, backend }) => {
    const { offsets, dp } = inputs as { offsets: T4; dp: T4 };
    const [batch] = dp.shape;
    const dx = zeros(backend, [batch, g.height, g.width, g.channels]);
    if (dp.size === 0 || offsets.size === 0) return dx;
    const engine = native(backend);
    const [offsetsAt, dpAt, dxAt] = addressesOf(backend, offsets, dp, dx);
    const at = writeGeometry(engine, g, batch, 0, undefined, layoutOf(offsets.shape));
    const done = engine.exports.samplePatchesBackward(at, offsetsAt, dpAt, dxAt, ...order);
    requireDone(done, 'the gradient of sampled patches', backend, [dx]);
    return dx;
  },
);

/** With m where the kernel has it. */
function forward(backend: BackendWasm, inputs: Record<string, T4>, g: Geometry): tf.TensorInfo {
  const { x, w, offsets, m } = inputs as Record<'x' | 'w' | 'offsets', T4> & { m?: T4 };
  const [batch, filters] = [x.shape[0], w.shape[3]];
  const shape = [batch, g.outHeight, g.outWidth, filters];
  if (Object.values(inputs).some((t) => t.size === 0)) return zeros(backend, shape);
  const y = backend.makeOutput(shape, 'float32');
  const engine = native(backend);
  const [xAt, wAt, mAt, offsetsAt, yAt] = addressesOf(backend, x, w, m, offsets, y);
  const at = writeGeometry(engine, g, batch, filters, m && layoutOf(m.shape), layoutOf(offsets.shape));
  const done = engine.exports.sampledForward(at, xAt, wAt, mAt, offsetsAt, yAt);
  requireDone(done, 'a convolution at offsets', backend, [y]);
  return y;
}

/** dx, dw, doffsets and, with m, dm. */
function backward(backend: BackendWasm, inputs: Record<string, T4>, g: Geometry): tf.TensorInfo[] {
  const { x, w, offsets, m, dy } = inputs as Record<'x' | 'w' | 'offsets' | 'dy', T4> & { m?: T4 };
  const outputs = makeOutputs(
    backend,
    ...[x, w, offsets, ...(m ? [m] : [])].map(({ shape }) => shape as number[]),
  ).map((out) => filled(backend, out));
  if (Object.values(inputs).some((t) => t.size === 0)) return outputs;
  const [dx, dw, doffsets, dm] = outputs;
  const engine = native(backend);
  const [batch, , , filters] = dy.shape;
  const [xAt, wAt, mAt, offsetsAt, dyAt] = addressesOf(backend, x, w, m, offsets, dy);
  const [dxAt, dwAt, dmAt, doffsetsAt] = addressesOf(backend, dx, dw, dm, doffsets);
  const at = writeGeometry(engine, g, batch, filters, m && layoutOf(m.shape), layoutOf(offsets.shape));
  const done = engine.exports.sampledBackward(
    at,
    xAt,
    wAt,
    mAt,
    offsetsAt,
    dyAt,
    dxAt,
    dwAt,
    dmAt,
    doffsetsAt,
  );
  requireDone(done, "a convolution's gradients at offsets", backend, outputs);
  return outputs;
}

const of = (
  name: string,
  run: (backend: BackendWasm, inputs: Record<string, T4>, g: Geometry) => tf.TensorInfo | tf.TensorInfo[],
) =>
  override<ConvAttrs>(name, ({ inputs, attrs: { g }, backend }) =>
    run(backend, inputs as Record<string, T4>, g),
  );

export const sampling: readonly Override[] = [
  samplePatches,
  samplePatchesBackprop,
  of(SAMPLED_CONV2D, forward),
  of(SAMPLED_SIMILARITY_CONV2D, forward),
  of(SAMPLED_CONV2D_BACKPROP, backward),
  of(SAMPLED_SIMILARITY_CONV2D_BACKPROP, backward),
];
