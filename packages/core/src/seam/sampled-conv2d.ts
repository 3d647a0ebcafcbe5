/**
 * y = Wᵀ·M·S(x) with S at offsets, as one kernel: an engine may sample, weight and multiply a few positions at a time, so
 * that patches are never written to memory. Its gradients come from one kernel too, off the tape. On it they are
 * composed of S and its transpose and of the quadrilinear form, which have derivatives of every order.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry';
import { rowGradients, type SampledOperands, sampledBackprop, sampledForward } from './composed-sampled';
import { runKernel, type SeamKernel } from './kernel';
import type { ConvAttrs } from './quadrilinear';
import { offsetsGradient, sampleBackprop, samplePatches } from './sample-patches';
import { tapeIsOn } from './tape';

type T4 = tf.Tensor4D;

/** Inputs x, w and offsets; backward dy too, and as outputs the gradients of the three. */
export const SAMPLED_CONV2D = 'NeusimSampledConv2D';
export const SAMPLED_CONV2D_BACKPROP = 'NeusimSampledConv2DBackprop';
/** Inputs x, w, offsets and m, and as many gradients. */
export const SAMPLED_SIMILARITY_CONV2D = 'NeusimSampledSimilarityConv2D';
export const SAMPLED_SIMILARITY_CONV2D_BACKPROP = 'NeusimSampledSimilarityConv2DBackprop';

type Inputs = Readonly<Record<string, tf.Tensor>>;
type Kernel = SeamKernel<Inputs, readonly tf.Tensor[], ConvAttrs>;

const operandsOf = ({ x, w, offsets, m }: Inputs) =>
  ({ x, w, offsets, m: m ?? null }) as unknown as SampledOperands;

const plain = /* @__PURE__ */ forwardKernel(SAMPLED_CONV2D, SAMPLED_CONV2D_BACKPROP, ['x', 'w', 'offsets']);
const similar = /* @__PURE__ */ forwardKernel(SAMPLED_SIMILARITY_CONV2D, SAMPLED_SIMILARITY_CONV2D_BACKPROP, [
  'x',
  'w',
  'offsets',
  'm',
]);

/**
 * y [B,H',W',F]. Differentiable in all operands to any order.
 * @param m [B|1,H'|1,W'|1,K(,K)] or null. @param offsets [B|1,H'|1,W'|1,2K].
 */
export function sampledConv2d(x: T4, w: T4, m: tf.Tensor | null, offsets: T4, g: Geometry): T4 {
  const [y] = m
    ? runKernel(similar, { x, w, offsets, m }, { g })
    : runKernel(plain, { x, w, offsets }, { g });
  return y as T4;
}

function forwardKernel(name: string, backpropName: string, inputs: readonly string[]): Kernel {
  const backprop: Kernel = {
    name: backpropName,
    inputs: [...inputs, 'dy'],
    shapes: (given) => inputs.map((input) => (given[input] as tf.Tensor).shape),
    composed: (given, { g }) => {
      const { dx, dw, doffsets, dm } = sampledBackprop({ ...operandsOf(given), dy: given.dy as T4 }, g);
      return [dx, dw, doffsets, ...(dm ? [dm] : [])];
    },
  };
  return {
    name,
    inputs,
    shapes: ({ x, w }, { g }) => [[(x as T4).shape[0], g.outHeight, g.outWidth, (w as T4).shape[3]]],
    composed: (given, { g }) => [sampledForward(operandsOf(given), g)],
    gradient: ([dy], given, attrs) => {
      const gradients = tapeIsOn()
        ? differentiable(operandsOf(given), dy as T4, attrs.g)
        : runKernel(backprop, { ...given, dy: dy as T4 }, attrs);
      return Object.fromEntries(inputs.map((input, i) => [input, () => gradients[i] as tf.Tensor]));
    },
  };
}

/** The gradients of x, w, offsets and m, of kernels that have derivatives themselves. */
function differentiable({ x, w, m, offsets }: SampledOperands, dy: T4, g: Geometry): tf.Tensor[] {
  const { dpatches, dw, dm } = rowGradients(samplePatches(x, offsets, g), w, m, dy, g);
  const attrs = { g, order: [0, 0] } as const;
  const [dx] = runKernel(sampleBackprop, { offsets, dp: dpatches }, attrs);
  return [dx, dw, offsetsGradient(x, offsets, dpatches, attrs), ...(dm ? [dm] : [])];
}
