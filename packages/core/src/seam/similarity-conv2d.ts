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
import * as composed from './composed-conv';
import { runKernel, runKernel1, type SeamKernel } from './kernel';
import { requireMemory } from './memory';

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

const conv: SeamKernel<ConvAttrs> = {
  name: CONV2D,
  inputs: ['x', 'w'],
  composed: ({ x, w }, { g }) => composed.convForward(x as T4, w as T4, g),
  gradient: ([dy], { x, w }, { g }) => ({
    x: () => q.dx(w as T4, null, dy as T4, g),
    w: () => q.dw(x as T4, null, dy as T4, g),
  }),
};

const convInput: SeamKernel<ConvAttrs> = {
  name: CONV2D_BACKPROP_INPUT,
  inputs: ['w', 'dy'],
  composed: ({ w, dy }, { g }) => composed.convBackpropInput(w as T4, dy as T4, g),
  gradient: ([ddx], { w, dy }, { g }) => ({
    w: () => q.dw(ddx as T4, null, dy as T4, g),
    dy: () => q.y(ddx as T4, w as T4, null, g),
  }),
};

const convFilter: SeamKernel<ConvAttrs> = {
  name: CONV2D_BACKPROP_FILTER,
  inputs: ['x', 'dy'],
  composed: ({ x, dy }, { g }) => composed.convBackpropFilter(x as T4, dy as T4, g),
  gradient: ([ddw], { x, dy }, { g }) => ({
    x: () => q.dx(ddw as T4, null, dy as T4, g),
    dy: () => q.y(x as T4, ddw as T4, null, g),
  }),
};

const similarity: SeamKernel<ConvAttrs> = {
  name: SIMILARITY_CONV2D,
  inputs: ['x', 'w', 'm'],
  composed: ({ x, w, m }, { g }) => composed.similarityForward(x as T4, w as T4, m as tf.Tensor, g),
  gradient: ([dy], { x, w, m }, { g }) => {
    // Off the tape nobody will differentiate again, and all three share their patches and dY·Wᵀ.
    if (!tapeIsOn()) {
      const [dx, dw, dm] = runKernel(backprop, { x, w, m, dy } as Record<string, tf.Tensor>, {
        g,
      }) as tf.Tensor[];
      return { x: () => dx as tf.Tensor, w: () => dw as tf.Tensor, m: () => dm as tf.Tensor };
    }
    return {
      x: () => q.dx(w as T4, m as tf.Tensor, dy as T4, g),
      w: () => q.dw(x as T4, m as tf.Tensor, dy as T4, g),
      m: () => q.dm(x as T4, w as T4, dy as T4, (m as tf.Tensor).shape, g),
    };
  },
};

const similarityInput: SeamKernel<ConvAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_INPUT,
  inputs: ['w', 'm', 'dy'],
  composed: ({ w, m, dy }, { g }) => composed.similarityBackpropInput(w as T4, m as tf.Tensor, dy as T4, g),
  gradient: ([ddx], { w, m, dy }, { g }) => ({
    w: () => q.dw(ddx as T4, m as tf.Tensor, dy as T4, g),
    m: () => q.dm(ddx as T4, w as T4, dy as T4, (m as tf.Tensor).shape, g),
    dy: () => q.y(ddx as T4, w as T4, m as tf.Tensor, g),
  }),
};

const similarityFilter: SeamKernel<ConvAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_FILTER,
  inputs: ['x', 'm', 'dy'],
  composed: ({ x, m, dy }, { g }) => composed.similarityBackpropFilter(x as T4, m as tf.Tensor, dy as T4, g),
  gradient: ([ddw], { x, m, dy }, { g }) => ({
    x: () => q.dx(ddw as T4, m as tf.Tensor, dy as T4, g),
    m: () => q.dm(x as T4, ddw as T4, dy as T4, (m as tf.Tensor).shape, g),
    dy: () => q.y(x as T4, ddw as T4, m as tf.Tensor, g),
  }),
};

const similaritySimilarity: SeamKernel<SimilarityGradAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
  inputs: ['x', 'w', 'dy'],
  composed: ({ x, w, dy }, { g, mShape }) =>
    composed.similarityBackpropSimilarity(x as T4, w as T4, dy as T4, mShape, g),
  gradient: ([ddm], { x, w, dy }, { g }) => ({
    x: () => q.dx(w as T4, ddm as tf.Tensor, dy as T4, g),
    w: () => q.dw(x as T4, ddm as tf.Tensor, dy as T4, g),
    dy: () => q.y(x as T4, w as T4, ddm as tf.Tensor, g),
  }),
};

const backprop: SeamKernel<ConvAttrs> = {
  name: SIMILARITY_CONV2D_BACKPROP,
  inputs: ['x', 'w', 'm', 'dy'],
  composed: ({ x, w, m, dy }, { g }) =>
    composed.similarityBackprop(x as T4, w as T4, m as tf.Tensor, dy as T4, g),
};

/** The four partial derivatives of Q, with or without m. An empty batch never reaches an engine. */
const q = {
  y(x: T4, w: T4, m: tf.Tensor | null, g: Geometry): T4 {
    const shape = [x.shape[0], g.outHeight, g.outWidth, w.shape[3]];
    if (x.size === 0 || w.size === 0) return zeros(shape, x, w, m);
    requireMemory('the output of a convolution', shape);
    return m ? runKernel1(similarity, { x, w, m }, { g }) : runKernel1(conv, { x, w }, { g });
  },
  dx(w: T4, m: tf.Tensor | null, dy: T4, g: Geometry): T4 {
    if (dy.size === 0) return zeros([dy.shape[0], g.height, g.width, g.channels], w, dy, m);
    return m ? runKernel1(similarityInput, { w, m, dy }, { g }) : runKernel1(convInput, { w, dy }, { g });
  },
  dw(x: T4, m: tf.Tensor | null, dy: T4, g: Geometry): T4 {
    if (dy.size === 0) return zeros([g.kernelHeight, g.kernelWidth, g.channels, dy.shape[3]], x, dy, m);
    return m ? runKernel1(similarityFilter, { x, m, dy }, { g }) : runKernel1(convFilter, { x, dy }, { g });
  },
  dm(x: T4, w: T4, dy: T4, mShape: readonly number[], g: Geometry): tf.Tensor {
    if (dy.size === 0) return zeros(mShape, x, w, dy);
    return runKernel1(similaritySimilarity, { x, w, dy }, { g, mShape });
  },
};

/**
 * Neural similarity convolution (Liu et al. 2019, §1-2): y[b,i,j,f] = Σₖ꜀ₛ w[k,c,f]·m[b,i,j,k,s]·x[patch s].
 *
 * @param x [B,H,W,C]; B may be 0.
 * @param w [kh,kw,C,F]; K = kh·kw taps, row-major.
 * @param m null (plain convolution); a diagonal [K] or [B|1,H'|1,W'|1,K]; or a matrix [K,K] or
 *   [B|1,H'|1,W'|1,K,K] whose rows are kernel taps and whose columns are input taps. [K] and [K,K] are folded
 *   into w, so that they cost what a plain convolution costs.
 * @param options strides, padding (default `valid`) and dilations; strides and dilations may both exceed 1.
 * @returns y [B,H',W',F]. Differentiable in x, w and m to any order.
 * @throws NeusimError SIMILARITY_SHAPE for shapes that do not fit, GEOMETRY_* for the geometry, ENGINE_MEMORY.
 */
export function similarityConv2d(x: T4, w: T4, m: tf.Tensor | null, options: ConvOptions = {}): T4 {
  requireRank('x', x, 4, '[B,H,W,C]');
  requireRank('w', w, 4, '[kh,kw,C,F]');
  if (x.shape[3] !== w.shape[2])
    throw shapeError(`x has ${x.shape[3]} channels, but w [${w.shape}] takes ${w.shape[2]}`, {
      x: x.shape,
      w: w.shape,
    });
  const [, height, width, channels] = x.shape;
  const g = geometry([height, width, channels], [w.shape[0], w.shape[1]], options);
  if (m && m.rank <= 2) return q.y(x, foldSimilarity(w, m), null, g);
  if (m) checkM(m, x.shape[0], g);
  return q.y(x, w, m, g);
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

/** Zeros that stay connected to what they were computed from, so that a gradient through them exists. */
function zeros(shape: readonly number[], ...sources: (tf.Tensor | null)[]): T4 {
  const connected = tf.customGrad((...args) => {
    const inputs = args.slice(0, -1) as tf.Tensor[];
    return { value: tf.zeros([...shape]), gradFunc: () => inputs.map((t) => tf.zerosLike(t)) };
  });
  return connected(...sources.filter((t): t is tf.Tensor => t !== null)) as T4;
}

function tapeIsOn(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
