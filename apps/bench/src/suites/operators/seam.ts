/** Operators that are one call: the seam at offsets, and what no M says. */
import { similarityConv2d } from '@neusim/core';
import { globalSimilarity2d, involution2d, mixtureConv2d } from '@neusim/hypernet';
import * as tf from '@tensorflow/tfjs-core';
import * as composed from '../../baselines/compositions/operators';
import type { ConvShape } from '../shapes';
import type { Operator, T4 } from './work';

const normal = (shape: readonly number[], deviation: number, seed: number) =>
  tf.randomNormal([...shape], 0, deviation, 'float32', seed);
const share = (shape: readonly number[], seed: number) => tf.randomUniform([...shape], 0, 1, 'float32', seed);

/** Most taps read between elements, and some outside the map. */
const moves = ({ batch, height, width, kernel }: ConvShape) =>
  normal([batch, height, width, 2 * kernel ** 2], 1, 4) as T4;

/** @param values dimensions of M at a position: none, a diagonal, or all of it. */
const atOffsets = (name: string, values: 0 | 1 | 2): Operator => ({
  name,
  start(shape, { x, w }) {
    const { batch, height, width, kernel } = shape;
    const offsets = moves(shape);
    const m =
      values === 0 ? null : share([batch, height, width, ...Array<number>(values).fill(kernel ** 2)], 5);
    return {
      inputs: [x, w, offsets, ...(m ? [m] : [])],
      run: () => similarityConv2d(x, w, m, { pad: 'same', offsets }),
    };
  },
});

/** How many kernels are mixed: the default of `od-conv`, and timm's of CondConv. */
const KERNELS = 4;

const mixture = (name: string, isWeighted: boolean): Operator => ({
  name,
  start({ batch, kernel, channels, filters }, { x }) {
    const kernels = normal([KERNELS, kernel, kernel, channels, filters], 0.1, 6) as tf.Tensor5D;
    const shares = share([batch, KERNELS], 7) as tf.Tensor2D;
    const tap = isWeighted ? (share([batch, kernel ** 2], 8) as tf.Tensor2D) : undefined;
    const channel = share([batch, 1, 1, channels], 9);
    const filter = share([batch, 1, 1, filters], 10);
    const weigh = (convolve: (x: T4) => T4) =>
      isWeighted ? (tf.mul(convolve(tf.mul(x, channel) as T4), filter) as T4) : convolve(x);
    return {
      inputs: [x, kernels, shares, ...(tap ? [tap, channel, filter] : [])],
      run: () => weigh((map) => mixtureConv2d(map, kernels, shares, { pad: 'same' }, tap)),
      composed: () => weigh((map) => composed.mixture(map, kernels, shares, tap)),
    };
  },
});

const involution: Operator = {
  name: 'operator involution',
  start({ batch, height, width, channels, kernel }, { x }) {
    const groups = Math.max(1, channels / 16);
    const kernels = normal([batch, height, width, groups * kernel ** 2], 0.3, 11) as T4;
    return {
      inputs: [x, kernels],
      run: () => involution2d(x, kernels, groups, [kernel, kernel], { pad: 'same' }),
      composed: () => composed.involution(x, kernels, groups, kernel),
    };
  },
};

const globalSimilarity: Operator = {
  name: 'operator global-similarity',
  start({ channels }, { x }) {
    const inner = Math.max(1, channels / 8);
    const [query, key] = [12, 13].map((seed) => normal([1, 1, channels, inner], 0.1, seed)) as [T4, T4];
    const value = normal([1, 1, channels, channels], 0.1, 14) as T4;
    const gamma = tf.scalar(0.5);
    return {
      inputs: [x, query, key, value, gamma],
      run: () => globalSimilarity2d(x, { query, key, value, gamma }),
      composed: () => composed.globalSimilarity(x, query, key, value, gamma),
    };
  },
};

export const oneCall: readonly Operator[] = [
  atOffsets('deformable', 0),
  atOffsets('modulatedDeformable', 1),
  atOffsets('deformableUns', 2),
  mixture('operator cond-conv', false),
  mixture('operator od-conv', true),
  involution,
  globalSimilarity,
];
