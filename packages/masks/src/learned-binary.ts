/**
 * `learned-binary`: which taps a kernel has is learned with it (method: §6). D = diag(d), d = 1[r > 0], with one real
 * weight r a tap. The gradient of d goes straight through to r (BinaryConnect, Courbariaux et al. 2015) while |r| ≤ 1;
 * a tap whose r has left [-1, 1] is decided, kept or removed for good.
 *
 * The paper does not say how D was optimised; what follows is ours. Straight through alone, a tap that is not
 * needed stays: its weights go to zero, and with them its gradient. So a price λ a tap (`sparsity`) can be added,
 * the gradient of λ·Σd. Where the kernel has an L2 penalty μ/2‖w‖², its stationarity makes the gradient of a tap
 * that exists λ − μ‖wₖ‖²: taps with μ‖wₖ‖² > λ rise until they are decided, the others fall, and no tap flickers.
 */
import { type Shape, strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';

const version = '1.0.0';

export interface LearnedBinaryOptions {
  /** Start of every r, in (0, 1]; default 0.5. At 1 the first step already decides the taps that it raises. */
  readonly init: number;
  /**
   * `kernel` (default): Wᵀ·D·M·S(x), kernel taps are removed, and with a full M the receptive field stays whole.
   * `input`: Wᵀ·M·D·S(x), what is read is removed; a lattice is then exactly a dilation. Equal for a diagonal M.
   */
  readonly side: 'kernel' | 'input';
  /** λ ≥ 0, the price of a tap, in units of the loss; default 0. Keep it below the μ‖wₖ‖² of taps worth keeping. */
  readonly sparsity: number;
  /** Factor on the optimiser's learning rate for r; default 1. */
  readonly learningRateScale: number;
}

/** A shape with one weight r[K] in its layer, of role `shape`, without weight decay. */
export function learnedBinary(options: LearnedBinaryOptions): Shape {
  const { init, side, sparsity, learningRateScale } = options;
  return Object.freeze<Shape>({
    name: 'learned-binary',
    version,
    options: { ...options },
    weights: (g) => [
      {
        name: 'shape',
        shape: [g.taps],
        init: initializers.constant({ value: init }),
        role: 'shape',
        learningRateScale,
        l2: 0,
      },
    ],
    taps: ([real]) => ({ mask: binaryMask(real as tf.Tensor1D, sparsity), side }),
  });
}

/**
 * 1[r > 0], with the gradient (dy + λ)·1[|r| ≤ 1].
 * @param real r [K]. @param sparsity λ, paid once for each call, in its first backward pass.
 * @returns [K] of zeros and ones; differentiable to any order, in which the gradient's own steps count as constants.
 */
export function binaryMask(real: tf.Tensor1D, sparsity = 0): tf.Tensor1D {
  const straightThrough = tf.customGrad((...args) => {
    const [r, save] = args as unknown as [tf.Tensor1D, tf.GradSaveFunc];
    save([r]);
    // The price belongs to the loss: gradients of its gradient come through here again, and owe it no more.
    let price = sparsity;
    return {
      value: tf.step(r),
      gradFunc: (dy, [r]) => {
        // tf.step, unlike a comparison, has a gradient (zero), so that the gradient can be differentiated.
        const decided = tf.step(tf.sub(tf.abs(r as tf.Tensor), 1));
        const gradient = tf.mul(tf.add(dy, price), tf.sub(1, decided));
        price = 0;
        return gradient;
      },
    };
  });
  return straightThrough(real) as tf.Tensor1D;
}

const positive = v.pipe(v.number(), v.gtValue(0));

export default define({
  kind: 'shape',
  name: 'learned-binary',
  version,
  summary: 'which taps exist is learned: a 0/1 diagonal, trained straight through',
  options: strictOptions({
    init: v.optional(v.pipe(positive, v.maxValue(1)), 0.5),
    side: v.optional(v.picklist(['kernel', 'input']), 'kernel'),
    sparsity: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
    learningRateScale: v.optional(positive, 1),
  }),
  load: () => learnedBinary,
});
