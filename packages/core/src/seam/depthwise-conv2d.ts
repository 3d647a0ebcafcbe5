/**
 * Depthwise convolution, closed under differentiation: y[b,i,j,c] = Σₖ w[k,c]·x[patch k, c]. It is one trilinear form of
 * x, w and dy, whose three partial derivatives are each other's gradients. Each runs the kernel that tfjs has for it on
 * every engine; tfjs's own gradient has no second order.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';

type T4 = tf.Tensor4D;
type Shape4 = [number, number, number, number];

interface Attrs {
  readonly pad: 'same' | 'valid';
  /** Of x and w. */
  readonly inputShape: Shape4;
  readonly filterShape: Shape4;
}

const forward: SeamKernel<{ x: T4; w: T4 }, [T4], Attrs> = {
  name: 'NeusimDepthwiseConv2D',
  inputs: ['x', 'w'],
  shapes: ({ x, w }, { pad }) => [
    tf.backend_util.computeConv2DInfo(x.shape, w.shape, 1, 1, pad, undefined, true).outShape,
  ],
  composed: ({ x, w }, attrs) => [stock(tf.DepthwiseConv2dNative, { x, filter: w }, attrs)],
  gradient: ([dy], { x, w }, attrs) => ({
    x: () => runKernel(byInput, { w, dy }, attrs)[0],
    w: () => runKernel(byFilter, { x, dy }, attrs)[0],
  }),
};

const byInput: SeamKernel<{ w: T4; dy: T4 }, [T4], Attrs> = {
  name: 'NeusimDepthwiseConv2DBackpropInput',
  inputs: ['w', 'dy'],
  shapes: (_, { inputShape }) => [inputShape],
  composed: ({ w, dy }, attrs) => [stock(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter: w }, attrs)],
  gradient: ([ddx], { w, dy }, attrs) => ({
    w: () => runKernel(byFilter, { x: ddx, dy }, attrs)[0],
    dy: () => runKernel(forward, { x: ddx, w }, attrs)[0],
  }),
};

const byFilter: SeamKernel<{ x: T4; dy: T4 }, [T4], Attrs> = {
  name: 'NeusimDepthwiseConv2DBackpropFilter',
  inputs: ['x', 'dy'],
  shapes: (_, { filterShape }) => [filterShape],
  composed: ({ x, dy }, attrs) => [stock(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, attrs)],
  gradient: ([ddw], { x, dy }, attrs) => ({
    x: () => runKernel(byInput, { w: ddw, dy }, attrs)[0],
    dy: () => runKernel(forward, { x, w: ddw }, attrs)[0],
  }),
};

function stock(name: string, inputs: Record<string, tf.Tensor>, { pad, inputShape, filterShape }: Attrs): T4 {
  const attrs = { strides: [1, 1], dilations: [1, 1], pad, dataFormat: 'NHWC', inputShape, filterShape };
  return tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as T4;
}

/**
 * Depthwise convolution at stride 1.
 * @param x [B,H,W,C]. @param w [kh,kw,C,1]. @param pad default `same`.
 * @returns [B,H',W',C], differentiable in x and w to any order.
 * @throws NeusimError SIMILARITY_SHAPE where x and w have different channels.
 */
export function depthwiseConv2d(x: T4, w: T4, pad: 'same' | 'valid' = 'same'): T4 {
  if (x.rank !== 4 || w.rank !== 4 || x.shape[3] !== w.shape[2] || w.shape[3] !== 1)
    throw new NeusimError('SIMILARITY_SHAPE', `x [${x.shape}] and w [${w.shape}] do not fit`, {
      data: { x: x.shape, w: w.shape },
      hint: 'x is [B,H,W,C], w is [kh,kw,C,1].',
    });
  return runKernel(forward, { x, w }, { pad, inputShape: x.shape, filterShape: w.shape })[0];
}
