/**
 * The operator at the heart of NeuSim: y = Wᵀ·M·S(x) at every position. It is one quadrilinear form
 * Q(x, w, m, dy); the forward pass and the gradients of x, w and m are its four partial derivatives. The kernels
 * are registered as each other's gradients, so every order of derivative exists on every engine. A plain
 * convolution (m = null) is a family of its own with the same gradients.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { foldSimilarity } from '../fold/fold-similarity';
import { type ConvOptions, type Geometry, geometry } from '../geometry';
import { asFloat } from './as-float';
import * as composed from './composed-conv';
import { runKernel, type SeamKernel } from './kernel';
import { samplePatches } from './sample-patches';

type T4 = tf.Tensor4D;

export interface ConvAttrs {
  readonly g: Geometry;
}
export interface SimilarityGradAttrs extends ConvAttrs {
  readonly mShape: readonly number[];
}

/** Names of the seam's convolution kernels, as engines register them. */
export const CONV2D = 'NeusimConv2D';
export const CONV2D_BACKPROP_INPUT = 'NeusimConv2DBackpropInput';
export const CONV2D_BACKPROP_FILTER = 'NeusimConv2DBackpropFilter';
export const SIMILARITY_CONV2D = 'NeusimSimilarityConv2D';
export const SIMILARITY_CONV2D_BACKPROP_INPUT = 'NeusimSimilarityConv2DBackpropInput';
export const SIMILARITY_CONV2D_BACKPROP_FILTER = 'NeusimSimilarityConv2DBackpropFilter';
export const SIMILARITY_CONV2D_BACKPROP_SIMILARITY = 'NeusimSimilarityConv2DBackpropSimilarity';
export const SIMILARITY_CONV2D_BACKPROP = 'NeusimSimilarityConv2DBackprop';

const conv: SeamKernel<{ x: T4; w: T4 }, [T4], ConvAttrs> = {
  name: CONV2D,
  inputs: ['x', 'w'],
  shapes: ({ x, w }, { g }) => [outputShape(x, w, g)],
  composed: ({ x, w }, { g }) => [composed.convForward(x, w, g)],
  gradient: ([dy], { x, w }, { g }) => ({
    x: () => q.dx(w, null, dy, g),
    w: () => q.dw(x, null, dy, g),
  }),
};

const convInput: SeamKernel<{ w: T4; dy: T4 }, [T4], ConvAttrs> = {
  name: CONV2D_BACKPROP_INPUT,
  inputs: ['w', 'dy'],
  shapes: ({ dy }, { g }) => [inputShape(dy, g)],
  composed: ({ w, dy }, { g }) => [composed.convBackpropInput(w, dy, g)],
  gradient: ([ddx], { w, dy }, { g }) => ({
    w: () => q.dw(ddx, null, dy, g),
    dy: () => q.y(ddx, w, null, g),
  }),
};

const convFilter: SeamKernel<{ x: T4; dy: T4 }, [T4], ConvAttrs> = {
  name: CONV2D_BACKPROP_FILTER,
  inputs: ['x', 'dy'],
  shapes: ({ dy }, { g }) => [filterShape(dy, g)],
  composed: ({ x, dy }, { g }) => [composed.convBackpropFilter(x, dy, g)],
  gradient: ([ddw], { x, dy }, { g }) => ({
    x: () => q.dx(ddw, null, dy, g),
    dy: () => q.y(x, ddw, null, g),
  }),
};

const similarity: SeamKernel<{ x: T4; w: T4; m: tf.Tensor }, [T4], ConvAttrs> = {
  name: SIMILARITY_CONV2D,
  inputs: ['x', 'w', 'm'],
  shapes: ({ x, w }, { g }) => [outputShape(x, w, g)],
  composed: ({ x, w, m }, { g }) => [composed.similarityForward(x, w, m, g)],
  gradient: ([dy], { x, w, m }, { g }) => {
    if (tapeIsOn())
      return {
        x: () => q.dx(w, m, dy, g),
        w: () => q.dw(x, m, dy, g),
        m: () => q.dm(x, w, dy, m.shape, g),
      };
    // Off the tape nobody will differentiate again, and all three share their patches and dY·Wᵀ.
    const [dx, dw, dm] = runKernel(similarityBackprop, { x, w, m, dy }, { g });
    return { x: () => dx, w: () => dw, m: () => dm };
  },
};

const similarityInput: SeamKernel<{ w: T4; m: tf.Tensor; dy: T4 }, [T4], ConvAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_INPUT,
  inputs: ['w', 'm', 'dy'],
  shapes: ({ dy }, { g }) => [inputShape(dy, g)],
  composed: ({ w, m, dy }, { g }) => [composed.similarityBackpropInput(w, m, dy, g)],
  gradient: ([ddx], { w, m, dy }, { g }) => ({
    w: () => q.dw(ddx, m, dy, g),
    m: () => q.dm(ddx, w, dy, m.shape, g),
    dy: () => q.y(ddx, w, m, g),
  }),
};

const similarityFilter: SeamKernel<{ x: T4; m: tf.Tensor; dy: T4 }, [T4], ConvAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_FILTER,
  inputs: ['x', 'm', 'dy'],
  shapes: ({ dy }, { g }) => [filterShape(dy, g)],
  composed: ({ x, m, dy }, { g }) => [composed.similarityBackpropFilter(x, m, dy, g)],
  gradient: ([ddw], { x, m, dy }, { g }) => ({
    x: () => q.dx(ddw, m, dy, g),
    m: () => q.dm(x, ddw, dy, m.shape, g),
    dy: () => q.y(x, ddw, m, g),
  }),
};

const similaritySimilarity: SeamKernel<{ x: T4; w: T4; dy: T4 }, [tf.Tensor], SimilarityGradAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  inputs: ['x', 'w', 'dy'],
  shapes: (_, { mShape }) => [mShape],
  composed: ({ x, w, dy }, { g, mShape }) => [composed.similarityBackpropSimilarity(x, w, dy, mShape, g)],
  gradient: ([ddm], { x, w, dy }, { g }) => ({
    x: () => q.dx(w, ddm, dy, g),
    w: () => q.dw(x, ddm, dy, g),
    dy: () => q.y(x, w, ddm, g),
  }),
};

const similarityBackprop: SeamKernel<
  { x: T4; w: T4; m: tf.Tensor; dy: T4 },
  readonly [T4, T4, tf.Tensor],
  ConvAttrs
> = {
  name: SIMILARITY_CONV2D_BACKPROP,
  inputs: ['x', 'w', 'm', 'dy'],
  shapes: ({ m, dy }, { g }) => [inputShape(dy, g), filterShape(dy, g), m.shape],
  composed: ({ x, w, m, dy }, { g }) => composed.similarityBackprop(x, w, m, dy, g),
};

/** The four partial derivatives of Q, with or without m. */
const q = {
  y(x: T4, w: T4, m: tf.Tensor | null, g: Geometry): T4 {
    return m ? runKernel(similarity, { x, w, m }, { g })[0] : runKernel(conv, { x, w }, { g })[0];
  },
  dx(w: T4, m: tf.Tensor | null, dy: T4, g: Geometry): T4 {
    return m ? runKernel(similarityInput, { w, m, dy }, { g })[0] : runKernel(convInput, { w, dy }, { g })[0];
  },
  dw(x: T4, m: tf.Tensor | null, dy: T4, g: Geometry): T4 {
    return m
      ? runKernel(similarityFilter, { x, m, dy }, { g })[0]
      : runKernel(convFilter, { x, dy }, { g })[0];
  },
  dm(x: T4, w: T4, dy: T4, mShape: readonly number[], g: Geometry): tf.Tensor {
    return runKernel(similaritySimilarity, { x, w, dy }, { g, mShape })[0];
  },
};

const outputShape = (x: T4, w: T4, g: Geometry) => [x.shape[0], g.outHeight, g.outWidth, w.shape[3]];
const inputShape = (dy: T4, g: Geometry) => [dy.shape[0], g.height, g.width, g.channels];
const filterShape = (dy: T4, g: Geometry) => [g.kernelHeight, g.kernelWidth, g.channels, dy.shape[3]];

export interface SamplingOptions {
  /**
   * [B|1,H'|1,W'|1,2K]: (dy, dx) for each tap, added to where it reads, in elements of x. Between elements S reads
   * bilinearly, outside the map zeros.
   */
  readonly offsets?: T4;
}

/**
 * Neural similarity convolution (Liu et al. 2019, §1-2): y[b,i,j,f] = Σ w[k,c,f]·m[b,i,j,k,s]·x[patch s,c],
 * over k, c and s.
 *
 * @param x [B,H,W,C]; B may be 0.
 * @param w [kh,kw,C,F]; K = kh·kw taps, row-major.
 * @param m null (plain convolution); a diagonal [K] or [B|1,H'|1,W'|1,K]; or a matrix [K,K] or
 *   [B|1,H'|1,W'|1,K,K] whose rows are kernel taps and whose columns are input taps. [K] and [K,K] are folded
 *   into w, so that they cost what a plain convolution costs.
 * @param options strides, padding (default `valid`) and dilations, of which strides and dilations may both exceed 1; and
 *   offsets of the taps.
 * @returns y [B,H',W',F]. Differentiable in x, w, m and the offsets to any order.
 * @throws NeusimError SIMILARITY_SHAPE for shapes that do not fit, GEOMETRY_* for the geometry, ENGINE_MEMORY.
 */
export function similarityConv2d(
  x: T4,
  w: T4,
  m: tf.Tensor | null,
  options: ConvOptions & SamplingOptions = {},
): T4 {
  requireRank('x', x, 4, '[B,H,W,C]');
  requireRank('w', w, 4, '[kh,kw,C,F]');
  if (x.shape[3] !== w.shape[2])
    throw shapeError(`x has ${x.shape[3]} channels, but w [${w.shape}] takes ${w.shape[2]}`, {
      x: x.shape,
      w: w.shape,
    });
  const [, height, width, channels] = x.shape;
  const g = geometry([height, width, channels], [w.shape[0], w.shape[1]], options);
  const isStatic = m !== null && m.rank <= 2;
  if (m && !isStatic) checkM(m, x.shape[0], g);
  const { offsets } = options;
  if (offsets) checkOffsets(offsets, x.shape[0], g);
  return tf.tidy(() => {
    const images = asFloat(x);
    if (offsets) return sampled(images, isStatic ? foldSimilarity(w, m) : w, isStatic ? null : m, offsets, g);
    return isStatic ? q.y(images, foldSimilarity(w, m), null, g) : q.y(images, w, m && asFloat(m), g);
  });
}

/** The patches side by side are a map in which each window is one tap row of them. */
function sampled(x: T4, w: T4, m: tf.Tensor | null, offsets: T4, g: Geometry): T4 {
  const patches = samplePatches(x, asFloat(offsets), g);
  const size = [g.outHeight, g.outWidth * g.taps, g.channels] as const;
  const inRow = geometry(size, [1, g.taps], { strides: [1, g.taps] });
  const kernel = tf.reshape(w, [1, g.taps, g.channels, w.shape[3]]) as T4;
  return q.y(patches, kernel, m && asFloat(m), inRow);
}

function checkOffsets(offsets: T4, batch: number, g: Geometry): void {
  requireRank('offsets', offsets, 4, "[B|1,H'|1,W'|1,2K]");
  const allowed = [batch, g.outHeight, g.outWidth];
  if (
    offsets.shape[3] === 2 * g.taps &&
    allowed.every((size, axis) => [size, 1].includes(offsets.shape[axis] as number))
  )
    return;
  throw shapeError(
    `offsets [${offsets.shape}] do not fit: allowed is [${batch}|1,${g.outHeight}|1,${g.outWidth}|1,${2 * g.taps}]`,
    { offsets: offsets.shape, taps: g.taps, output: allowed },
  );
}

function checkM(m: tf.Tensor, batch: number, g: Geometry): void {
  const allowed = [batch, g.outHeight, g.outWidth];
  const fits =
    (m.rank === 4 || m.rank === 5) &&
    allowed.every((size, axis) => m.shape[axis] === size || m.shape[axis] === 1) &&
    m.shape.slice(3).every((size) => size === g.taps);
  if (!fits)
    throw shapeError(
      `m [${m.shape}] does not fit: allowed are [${g.taps}], [${g.taps},${g.taps}], [${batch}|1,${g.outHeight}|1,${g.outWidth}|1,${g.taps}] and the same with a second ${g.taps}`,
      { m: m.shape, taps: g.taps, output: allowed },
    );
}

function requireRank(name: string, tensor: tf.Tensor, rank: number, form: string): void {
  if (!(tensor instanceof tf.Tensor))
    throw shapeError(`${name} must be a tensor ${form}, not ${typeof tensor}`, { [name]: typeof tensor });
  if (tensor.rank !== rank)
    throw shapeError(`${name} must be ${form}, not of rank ${tensor.rank} ([${tensor.shape}])`, {
      [name]: tensor.shape,
    });
}

function shapeError(message: string, data: Record<string, unknown>): NeusimError {
  return new NeusimError('SIMILARITY_SHAPE', message, {
    data,
    hint: 'x is [B,H,W,C], w is [kh,kw,C,F]; m is null, or has K = kh·kw values (or K×K) for each position.',
  });
}

function tapeIsOn(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
