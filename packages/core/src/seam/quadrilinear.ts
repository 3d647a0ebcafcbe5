/**
 * The quadrilinear form Q(x, w, m, dy) of y = Wᵀ·M·S(x): the forward pass and the gradients of x, w and m are its four
 * partial derivatives. The kernels are registered as each other's gradients, so every order of derivative exists on
 * every engine. A plain convolution (m = null) is a family of its own with the same gradients.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry';
import * as composed from './composed-conv';
import { runKernel, type SeamKernel } from './kernel';
import { tapeIsOn } from './tape';

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

/** dx, dw and dm at once; not differentiable. */
export const similarityBackprop: SeamKernel<
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
export const q = {
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
