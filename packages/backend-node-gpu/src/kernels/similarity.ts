/**
 * The similarity convolution and its gradients. ExtractImagePatches lays the patches [positions,K,C] of a run of
 * images side by side; M weighs them, elementwise or in one batched matrix product; one more product with w gives y.
 * Backward, G = dY·Wᵀ is computed once, and dw, dm and dx are one product (or sum) each of G and the patches. What
 * was read several times is added up by UnsortedSegmentSum on the CPU; on a GPU, where that adds in any order, by
 * padding.
 *
 * Figures that chose this, and what it was held against: README.md.
 */
import {
  type ConvAttrs,
  type Geometry,
  patches,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  type SimilarityGradAttrs,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { execute, type NativeTensorflow } from '../tensorflow';
import { filterShape, inputShape, type NativeKernel, nativeKernel } from './native-kernel';
import { addRuns, segmentScatter } from './scatter';

type T3 = tf.Tensor3D;
type T4 = tf.Tensor4D;

/** Floats of patches, or of M, in a run: on the CPU a few of them stay in the last cache; on a GPU calls cost more. */
const RUN_FLOATS = { cpu: 1 << 22, gpu: 1 << 25 };

const forward = nativeKernel<{ x: T4; w: T4; m: tf.Tensor }, ConvAttrs>(
  SIMILARITY_CONV2D,
  ({ inputs: { x, w }, attrs: { g } }) => [[x.shape[0], g.outHeight, g.outWidth, w.shape[3]]],
  ({ inputs: { x, w, m }, attrs: { g }, native }) => {
    const filters = w.shape[3];
    const padded = patches.padInput(x, g);
    const parts: T4[][] = [];
    for (const s of runs(x.shape[0], g, m.rank, native))
      at(parts, s.index).push(
        tf.tidy(() => {
          const weighted = weigh(weightsAt(m, s, g), patchesAt(padded, s, g, native));
          const y = tf.matMul(asRows(weighted), kernelMatrix(w, g));
          return tf.reshape(y, [s.images, s.rows, g.outWidth, filters]);
        }),
      );
    return patches.joinSlices(parts);
  },
);

const byInput = nativeKernel<{ w: T4; m: tf.Tensor; dy: T4 }, ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  ({ inputs: { dy }, attrs: { g } }) => [inputShape(dy, g)],
  ({ inputs, attrs: { g }, native }) => gradients(inputs, inputs.m.shape, g, native).dx as T4,
);

const byFilter = nativeKernel<{ x: T4; m: tf.Tensor; dy: T4 }, ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  ({ inputs: { dy }, attrs: { g } }) => [filterShape(dy, g)],
  ({ inputs, attrs: { g }, native }) => gradients(inputs, inputs.m.shape, g, native).dw as T4,
);

const bySimilarity = nativeKernel<{ x: T4; w: T4; dy: T4 }, SimilarityGradAttrs>(
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  ({ attrs: { mShape } }) => [mShape],
  ({ inputs, attrs: { g, mShape }, native }) => gradients(inputs, mShape, g, native).dm as tf.Tensor,
);

const byAll = nativeKernel<{ x: T4; w: T4; m: tf.Tensor; dy: T4 }, ConvAttrs>(
  SIMILARITY_CONV2D_BACKPROP,
  ({ inputs: { m, dy }, attrs: { g } }) => [inputShape(dy, g), filterShape(dy, g), m.shape],
  ({ inputs, attrs: { g }, native }) => {
    const { dx, dw, dm } = gradients(inputs, inputs.m.shape, g, native);
    return [dx as T4, dw as T4, dm as tf.Tensor];
  },
);

export const similarityKernels: readonly NativeKernel[] = [forward, byInput, byFilter, bySimilarity, byAll];

/** A type, not an interface: tf.tidy takes no others. */
type Gradients = { dx?: T4; dw?: T4; dm?: tf.Tensor };

/** dx where w and m are given, dw where x and m are, dm (of `mShape`) where x and w are. */
function gradients(
  { x, w, m, dy }: { x?: T4; w?: T4; m?: tf.Tensor; dy: T4 },
  mShape: readonly number[],
  g: Geometry,
  native: NativeTensorflow,
): Gradients {
  const padded = x && patches.padInput(x, g);
  const dxs: T4[][] = [];
  const dms: T4[][] = [];
  let dw: T4 | undefined;
  for (const s of runs(dy.shape[0], g, mShape.length, native)) {
    const part = tf.tidy((): Gradients => {
      const grads = tf.reshape(dyAt(dy, s, g), [s.positions, dy.shape[3]]) as tf.Tensor2D;
      const read = padded && patchesAt(padded, s, g, native);
      const weights = m && weightsAt(m, s, g);
      const tapGrads = w && asTaps(tf.matMul(grads, kernelMatrix(w, g), false, true), g);
      return {
        dx: tapGrads && weights ? scatter(weigh(weights, tapGrads, true), s, g, native) : undefined,
        dw: read && weights ? filterGradient(weigh(weights, read), grads, g) : undefined,
        dm: tapGrads && read ? similarityGradient(tapGrads, read, mShape.length, s, g) : undefined,
      };
    });
    if (part.dx) at(dxs, s.index).push(part.dx);
    if (part.dm) at(dms, s.index).push(part.dm as T4);
    if (part.dw) dw = patches.accumulate(dw, part.dw);
  }
  return {
    dx: w && m ? patches.unpadInput(addRuns(dxs), g) : undefined,
    dw,
    dm: x && w ? sumBroadcast(patches.joinSlices(dms), mShape) : undefined,
  };
}

function runs(batch: number, g: Geometry, mRank: number, native: NativeTensorflow) {
  const most = native.isUsingGpuDevice ? RUN_FLOATS.gpu : RUN_FLOATS.cpu;
  // A full M holds K·K values a position, the patches K·C.
  const share = mRank === 5 ? Math.min(1, g.channels / g.taps) : 1;
  return patches.slices(batch, g, most * share);
}

/** Patches of the run: [positions,K,C]. */
function patchesAt(padded: T4, s: patches.Slice, g: Geometry, native: NativeTensorflow): T3 {
  const attributes = {
    ksizes: [1, g.kernelHeight, g.kernelWidth, 1],
    strides: [1, ...g.strides, 1],
    rates: [1, ...g.dilations, 1],
    padding: 'VALID',
  };
  const window = patches.windowRows(padded, s, g);
  return asTaps(execute(native, 'ExtractImagePatches', attributes, [window])[0] as tf.Tensor, g);
}

function asTaps(t: tf.Tensor, g: Geometry): T3 {
  return tf.reshape(t, [-1, g.taps, g.channels]);
}

/** [positions,K,C] as [positions,K·C]. */
function asRows(t: T3): tf.Tensor2D {
  return tf.reshape(t, [t.shape[0], t.shape[1] * t.shape[2]]);
}

function kernelMatrix(w: T4, g: Geometry): tf.Tensor2D {
  return tf.reshape(w, [g.taps * g.channels, w.shape[3]]);
}

function dyAt(dy: T4, s: patches.Slice, g: Geometry): T4 {
  return tf.slice(dy, [s.image, s.row, 0, 0], [s.images, s.rows, g.outWidth, dy.shape[3]]);
}

/** m at the run's positions: [positions,K,1] of a diagonal, [positions,K,K] of a matrix. */
function weightsAt(m: tf.Tensor, s: patches.Slice, g: Geometry): T3 {
  const [batch, height, width] = m.shape as [number, number, number];
  const values = m.rank === 5 ? g.taps * g.taps : g.taps;
  const part = tf.slice(
    tf.reshape(m, [batch, height, width, values]),
    [batch === 1 ? 0 : s.image, height === 1 ? 0 : s.row, 0, 0],
    [batch === 1 ? 1 : s.images, height === 1 ? 1 : s.rows, width, values],
  );
  const everywhere = tf.broadcastTo(part, [s.images, s.rows, g.outWidth, values]);
  return tf.reshape(everywhere, [s.positions, g.taps, values / g.taps]);
}

/** M·P, or Mᵀ·P, at every position. */
function weigh(m: T3, p: T3, transposed = false): T3 {
  return m.shape[2] === 1 ? tf.mul(p, m) : tf.matMul(m, p, transposed, false);
}

function filterGradient(weighted: T3, grads: tf.Tensor2D, g: Geometry): T4 {
  const product = tf.matMul(asRows(weighted), grads, true, false);
  return tf.reshape(product, [g.kernelHeight, g.kernelWidth, g.channels, grads.shape[1]]);
}

/** dm at the run's positions: [images,rows,W',K(·K)]. */
function similarityGradient(tapGrads: T3, read: T3, mRank: number, s: patches.Slice, g: Geometry): T4 {
  const dm = mRank === 4 ? sumChannels(tf.mul(tapGrads, read)) : tf.matMul(tapGrads, read, false, true);
  return tf.reshape(dm, [s.images, s.rows, g.outWidth, -1]) as T4;
}

/** By a matrix product with ones: up to twice as fast as Sum. */
function sumChannels(t: T3): tf.Tensor {
  const channels = t.shape[2];
  return tf.matMul(tf.reshape(t, [-1, channels]) as tf.Tensor2D, tf.ones([channels, 1]));
}

/** The sum of dm over the axes in which m is broadcast. */
function sumBroadcast(dm: T4, mShape: readonly number[]): tf.Tensor {
  const axes = [0, 1, 2].filter((axis) => mShape[axis] === 1 && dm.shape[axis] !== 1);
  return tf.reshape(axes.length > 0 ? tf.sum(dm, axes, true) : dm, [...mShape]);
}

/** dx on the whole padded map, from what each tap read: [positions,K,C]. */
function scatter(tapGrads: T3, s: patches.Slice, g: Geometry, native: NativeTensorflow): T4 {
  if (!native.isUsingGpuDevice) return segmentScatter(tapGrads, s, g);
  const grid = [s.images, s.rows, g.outWidth, g.channels] as [number, number, number, number];
  const taps = tf.split(tapGrads, g.taps, 1).map((tap) => tf.reshape(tap, grid) as T4);
  return patches.scatterTaps(taps, s.row, g);
}

function at<T>(lists: T[][], index: number): T[] {
  lists[index] ??= [];
  return lists[index];
}
