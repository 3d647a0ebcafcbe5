/**
 * `learned-binary`: which taps a kernel has is learned with it (method: §6). D = diag(d), d = 1[r > 0], with one real
 * weight r a tap. What trains r is an estimator:
 *
 * - `straight-through`: the gradient of d goes straight through to r (BinaryConnect, Courbariaux et al. 2015) while
 *   |r| ≤ 1; a tap whose r has left [-1, 1] is decided, kept or removed for good.
 * - `sigmoid`: in training d = σ(r / T), without noise; at test 1[r > 0].
 * - `hard-concrete`: in training d is drawn from a stretched binary concrete distribution with log α = r, cut off at 0 and 1
 *   (Louizos et al., ICLR 2018); at test its deterministic form, which is 0, 1 or between.
 *
 * The paper does not say how D was optimised; what follows is ours. Straight through alone, a tap that is not
 * needed stays: its weights go to zero, and with them its gradient. So a price λ a tap (`sparsity`) can be added,
 * the gradient of λ·(expected number of taps). Where the kernel has an L2 penalty μ/2‖w‖², its stationarity makes the
 * gradient of a tap that exists λ − μ‖wₖ‖²: taps with μ‖wₖ‖² > λ rise until they are decided, the others fall, and no tap
 * flickers. With a `target` of n taps the price is λ·min(1, max(−1, N − n)), N the expected number of taps now: the slope of
 * Huber's penalty on N − n. It is λ until n is near, nothing at n, and a reward below: the count stops where it is wanted,
 * while the layer begins with all its taps, as a projection to the n largest r would not.
 */
import { type Geometry, type Shape, strictOptions, weightSeed } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { clipped, hardConcrete, openProbability, relaxed, straightThrough, withPenalty } from './gates';
import { nextUniform } from './quasi-random';

const version = '1.1.0';

export type Estimator = 'straight-through' | 'sigmoid' | 'hard-concrete';

export interface LearnedBinaryOptions {
  /** What trains r; default `straight-through`. */
  readonly estimator?: Estimator;
  /**
   * Start of every r, above 0. Straight through at most 1 (where the first step decides the taps that it raises), default 0.5;
   * default 1 for `sigmoid`, and 2.5 for `hard-concrete`, whose gates are 1 at test from ln 11 ≈ 2.4 up.
   */
  readonly init?: number | undefined;
  /** T of `sigmoid`, default 0.2, or β of `hard-concrete`, default 2/3 (the paper's); straight through has none. */
  readonly temperature?: number | undefined;
  /**
   * `kernel` (default): Wᵀ·D·M·S(x), kernel taps are removed, and with a full M the receptive field stays whole.
   * `input`: Wᵀ·M·D·S(x), what is read is removed; a lattice is then exactly a dilation. Equal for a diagonal M.
   */
  readonly side: 'kernel' | 'input';
  /** λ ≥ 0, the price of a tap, in units of the loss; default 0. Keep it below the μ‖wₖ‖² of taps worth keeping. */
  readonly sparsity: number;
  /** Number of taps at which the price ends, at most the window's; wants a `sparsity`. Default none. */
  readonly target?: number | undefined;
  /** Factor on the optimiser's learning rate for r; default 1. */
  readonly learningRateScale: number;
  /** Of the first noise of `hard-concrete`; without one it differs from run to run. */
  readonly seed?: number | undefined;
}

const starts: Readonly<Record<Estimator, number>> = {
  'straight-through': 0.5,
  sigmoid: 1,
  'hard-concrete': 2.5,
};
const temperatures: Readonly<Record<Estimator, number>> = {
  'straight-through': 1,
  sigmoid: 0.2,
  'hard-concrete': 2 / 3,
};

/**
 * A shape with one weight r[K] in its layer, of role `shape`, without weight decay, and for `hard-concrete` the state of
 * its noise, `noise` [K]. Its `weights` throw NeusimError LAYER_OPTIONS for a target above the window's taps.
 */
export function learnedBinary(options: LearnedBinaryOptions): Shape {
  const { estimator = 'straight-through', side, sparsity, target, learningRateScale, seed } = options;
  const { init = starts[estimator], temperature = temperatures[estimator] } = options;
  const price = (gates: tf.Tensor) =>
    target === undefined ? sparsity : tf.mul(clipped(tf.sub(tf.sum(gates), target)), sparsity);
  return Object.freeze<Shape>({
    name: 'learned-binary',
    version,
    options: { ...options },
    weights(g, layer) {
      requireTarget(target, g);
      const shared = { shape: [g.taps], role: 'shape', l2: 0 } as const;
      const real = {
        ...shared,
        name: 'shape',
        init: initializers.constant({ value: init }),
        learningRateScale,
      };
      if (estimator !== 'hard-concrete') return [real];
      const own = seed === undefined ? {} : { seed: weightSeed(seed, `${layer}/noise`) };
      const uniform = initializers.randomUniform({ minval: 0, maxval: 1, ...own });
      return [real, { ...shared, name: 'noise', init: uniform, trainable: false }];
    },
    taps([real, noise], _, __, call) {
      const r = real as tf.Tensor1D;
      const paid = (gates: tf.Tensor) => (sparsity === 0 ? gates : withPenalty(gates, price));
      if (estimator === 'straight-through') return { mask: paid(straightThrough(r)), side };
      if (estimator === 'sigmoid')
        return { mask: call?.training ? paid(relaxed(r, temperature)) : tf.step(r), side };
      if (!call?.training) return { mask: hardConcrete(r, temperature), side };
      const u = nextUniform(noise as tf.Tensor);
      call.write(1, u);
      const slope = (given: tf.Tensor) => {
        const open = openProbability(given, temperature);
        return tf.mul(tf.mul(open, tf.sub(1, open)), price(open));
      };
      const payer = sparsity === 0 ? r : withPenalty(r, slope);
      return { mask: hardConcrete(payer, temperature, u), side };
    },
  });
}

/**
 * 1[r > 0], with the gradient (dy + λ)·1[|r| ≤ 1].
 * @param real r [K]. @param sparsity λ, paid once for each call, in its first backward pass.
 * @returns [K] of zeros and ones; differentiable to any order, in which the gradient's own steps count as constants.
 */
export function binaryMask(real: tf.Tensor1D, sparsity = 0): tf.Tensor1D {
  return withPenalty(straightThrough(real), () => sparsity) as tf.Tensor1D;
}

/** @throws NeusimError LAYER_OPTIONS where a window has fewer taps than are wanted of it. */
function requireTarget(target: number | undefined, { kernelHeight, kernelWidth, taps }: Geometry): void {
  if (target === undefined || target <= taps) return;
  throw new NeusimError(
    'LAYER_OPTIONS',
    `a window of ${kernelHeight}x${kernelWidth} has ${taps} taps, and its target is ${target}`,
    { data: { target, taps }, hint: `Choose a target of at most ${taps}, or a larger window.` },
  );
}

const positive = v.pipe(v.number(), v.gtValue(0));

export default define({
  kind: 'shape',
  name: 'learned-binary',
  version,
  summary: 'which taps exist is learned: a diagonal of zeros and ones',
  options: v.pipe(
    strictOptions({
      estimator: v.optional(v.picklist(['straight-through', 'sigmoid', 'hard-concrete']), 'straight-through'),
      init: v.optional(positive),
      temperature: v.optional(positive),
      side: v.optional(v.picklist(['kernel', 'input']), 'kernel'),
      sparsity: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
      target: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
      learningRateScale: v.optional(positive, 1),
      seed: v.optional(v.pipe(v.number(), v.integer())),
    }),
    v.check(
      ({ estimator, init }) => estimator !== 'straight-through' || init === undefined || init <= 1,
      'init is above 1, where straight-through has decided every tap',
    ),
    v.check(
      ({ estimator, temperature }) => estimator !== 'straight-through' || temperature === undefined,
      'straight-through has no temperature: leave it out',
    ),
    v.check(
      ({ target, sparsity }) => target === undefined || sparsity > 0,
      'a target wants a sparsity, the price of a tap until the target is met',
    ),
  ),
  load: () => learnedBinary,
});
