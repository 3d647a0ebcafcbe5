/**
 * A dilated convolution whose rate d is learned with the kernel, a real number for both sides of the window or one for each:
 *
 *     y(p) = Σₜ wₜ · x(p + d·pₜ)
 *
 * with pₜ the lattice of the window from its centre tap (times the layer's dilation), read bilinearly, zeros outside. At d = 1
 * it is the plain convolution, at d = 2 in windows of odd sides exactly `dilated` with the rate 2. The padding is that of the
 * window at d = 1, so that the output keeps its size while d moves. It is the dilation of Yu & Koltun (ICLR 2016) with the
 * sampling of ACU; the form and its bound are ours. It folds into a plain convolution of a larger window.
 */
import type { Shape, WeightInit } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { bilinearReads, lattice } from './lattice';

export interface LearnedDilationOptions {
  /** Start of d: one number, or [height, width] for two rates that are learned apart; not below `minimum`. Default 1. */
  readonly rate: number | readonly [number, number];
  /** d is at least this, above 0; default 1. At the bound only gradients that raise d pass. */
  readonly minimum: number;
  /** Factor on the optimiser's learning rate for d; default 0.1. */
  readonly learningRateScale: number;
}

/** A shape with one weight `rate`, [1] or [2], without weight decay. */
export function learnedDilation(options: LearnedDilationOptions): Shape {
  const { rate, minimum, learningRateScale } = options;
  const start = typeof rate === 'number' ? [rate] : [...rate];
  const init: WeightInit = { apply: () => tf.tensor1d(start) };
  return Object.freeze<Shape>({
    name: 'learned-dilation',
    options: { ...options },
    startsPlain: start.every((d) => d === 1),
    weights: () => [{ name: 'rate', shape: [start.length], init, role: 'shape', learningRateScale, l2: 0 }],
    multiplyAdds: bilinearReads,
    taps([weight], g) {
      const more = tf.sub(notBelow(weight as tf.Tensor1D, minimum), 1);
      const places = lattice(g).map(([y, x]) => [y * g.dilations[0], x * g.dilations[1]]);
      return { offsets: tf.reshape(tf.mul(more, tf.tensor2d(places)), [1, 1, 1, 2 * g.taps]) };
    },
  });
}

/** max(rate, minimum); where the rate is at the bound or below, only a gradient that raises it passes. */
function notBelow(rate: tf.Tensor1D, minimum: number): tf.Tensor {
  const bounded = tf.customGrad((...args) => {
    const [given, save] = args as unknown as [tf.Tensor1D, tf.GradSaveFunc];
    save([given]);
    return {
      value: tf.maximum(given, minimum),
      gradFunc: (dy: tf.Tensor, [given]: tf.Tensor[]) => {
        const isFree = tf.step(tf.sub(given as tf.Tensor, minimum));
        // tf.step, unlike a comparison, has a gradient (zero), so that the gradient can be differentiated.
        const raises = tf.step(tf.neg(dy));
        return tf.mul(dy, tf.add(isFree, tf.mul(tf.sub(1, isFree), raises)));
      },
    };
  });
  return bounded(rate);
}
