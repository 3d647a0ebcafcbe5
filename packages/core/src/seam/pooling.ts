/**
 * Gradients of max and average pooling, closed under differentiation. tfjs-wasm's own are wrong (max pooling where
 * inputs are negative, average pooling with padding) and no backend's have a second order. Max pooling's gradient is
 * linear in dy and, almost everywhere, constant in x: its transpose gathers from where the maxima are.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runKernel, type SeamKernel } from './kernel';
import { padOrCrop, pick2d, spread2d } from './spatial';

type T4 = tf.Tensor4D;

export const MAX_POOL_GRAD = 'NeusimMaxPoolGrad';
export const MAX_POOL_GATHER = 'NeusimMaxPoolGather';
export const AVG_POOL_GRAD = 'NeusimAvgPoolGrad';

/** Attributes of tfjs's MaxPool and AvgPool kernels. */
export interface PoolAttrs {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const maxGrad: SeamKernel<{ dy: T4; x: T4 }, [T4], PoolAttrs> = {
  name: MAX_POOL_GRAD,
  inputs: ['dy', 'x'],
  shapes: ({ x }) => [x.shape],
  composed: ({ dy, x }, attrs) => {
    const window = poolWindow(x.shape, attrs);
    const first = firstMaximum(x, window);
    return [
      scatter(
        eachTap(window, (t) => tf.mul(dy, tf.cast(tf.equal(first, t), 'float32')) as T4),
        window,
      ),
    ];
  },
  gradient: ([ddx], { x }, attrs) => ({
    dy: () => runKernel(maxGather, { x, v: ddx }, attrs)[0],
    x: () => tf.zerosLike(x),
  }),
};

const maxGather: SeamKernel<{ x: T4; v: T4 }, [T4], PoolAttrs> = {
  name: MAX_POOL_GATHER,
  inputs: ['x', 'v'],
  shapes: ({ x }, attrs) => [poolWindow(x.shape, attrs).outShape],
  composed: ({ x, v }, attrs) => {
    const window = poolWindow(x.shape, attrs);
    const first = firstMaximum(x, window);
    const padded = window.padded(v, 0);
    const picked = eachTap(window, (t) =>
      tf.mul(window.tap(padded, t), tf.cast(tf.equal(first, t), 'float32')),
    );
    return [tf.addN(picked) as T4];
  },
  gradient: ([dy], { x }, attrs) => ({
    x: () => tf.zerosLike(x),
    v: () => runKernel(maxGrad, { dy, x }, attrs)[0],
  }),
};

const averageGrad: SeamKernel<{ dy: T4 }, [T4], PoolAttrs & { readonly xShape: readonly number[] }> = {
  name: AVG_POOL_GRAD,
  inputs: ['dy'],
  shapes: (_, { xShape }) => [xShape],
  composed: ({ dy }, { xShape, ...attrs }) => {
    const window = poolWindow(xShape, attrs);
    // tfjs averages over the elements that exist: where the window hangs over the edge, fewer.
    const ones = window.padded(tf.ones([1, ...xShape.slice(1, 3), 1] as [number, number, number, number]), 0);
    const share = tf.div(dy, tf.addN(eachTap(window, (t) => window.tap(ones, t)))) as T4;
    return [
      scatter(
        eachTap(window, () => share),
        window,
      ),
    ];
  },
  gradient: ([ddx], _, { filterSize, strides, pad, dimRoundingMode }) => ({
    dy: () => tf.avgPool(ddx, filterSize, strides, pad, dimRoundingMode),
  }),
};

/** Gradient of max pooling: dy [B,H',W',C] at the first maximum of x [B,H,W,C] in each window. */
export function maxPoolGrad(dy: T4, x: T4, attrs: PoolAttrs): T4 {
  return runKernel(maxGrad, { dy, x }, attrs)[0];
}

/** Gradient of average pooling of an x of `xShape`. */
export function avgPoolGrad(dy: T4, xShape: readonly number[], attrs: PoolAttrs): T4 {
  return runKernel(averageGrad, { dy }, { ...attrs, xShape })[0];
}

interface PoolWindow {
  readonly outShape: readonly number[];
  readonly taps: number;
  padded(x: T4, value: number): T4;
  /** What tap t of every window reads: [B,H',W',C]. */
  tap(padded: T4, t: number): T4;
  /** The transpose of `tap`, cropped to the input. */
  untap(dy: T4, t: number): T4;
}

function poolWindow(xShape: readonly number[], attrs: PoolAttrs): PoolWindow {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = xShape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const step = [info.strideHeight, info.strideWidth] as const;
  const { top, left } = info.padInfo;
  const spanHeight = (info.outHeight - 1) * step[0] + 1;
  const spanWidth = (info.outWidth - 1) * step[1] + 1;
  const bottom = spanHeight + info.filterHeight - 1 - info.inHeight - top;
  const right = spanWidth + info.filterWidth - 1 - info.inWidth - left;
  const offset = (t: number) => [Math.floor(t / info.filterWidth), t % info.filterWidth] as const;
  return {
    outShape: info.outShape,
    taps: info.filterHeight * info.filterWidth,
    padded: (x, value) => padOrCrop(x, [top, bottom], [left, right], value),
    tap: (padded, t) => pick2d(padded, offset(t), step, [info.outHeight, info.outWidth]),
    untap: (dy, t) => {
      const [y, x] = offset(t);
      return padOrCrop(
        spread2d(dy, step),
        [y - top, info.inHeight - spanHeight - y + top],
        [x - left, info.inWidth - spanWidth - x + left],
      );
    },
  };
}

function eachTap<T>(window: PoolWindow, visit: (t: number) => T): T[] {
  return Array.from({ length: window.taps }, (_, t) => visit(t));
}

/** Index of the tap that holds the first maximum of each window: [B,H',W',C]. */
function firstMaximum(x: T4, window: PoolWindow): tf.Tensor {
  const padded = window.padded(x, Number.NEGATIVE_INFINITY);
  let best: tf.Tensor = window.tap(padded, 0);
  let index: tf.Tensor = tf.zerosLike(best);
  for (let t = 1; t < window.taps; t++) {
    const candidate = window.tap(padded, t);
    index = tf.where(tf.greater(candidate, best), tf.fill(index.shape, t), index);
    best = tf.maximum(candidate, best);
  }
  return index;
}

function scatter(grads: T4[], window: PoolWindow): T4 {
  return grads.map((grad, t) => window.untap(grad, t)).reduce((a, b) => tf.add(a, b) as T4);
}
