/**
 * How weights adapt to a support: stochastic gradient descent with momentum, on small batches in an order drawn anew for
 * each epoch. Default values but the learning rate's are those of Chen et al. 2019,
 * "A Closer Look at Few-shot Classification" (method: §11).
 */
import { permutation, random, streams } from '@neusim/datasets';
import { breathe } from '@neusim/train';
import * as v from 'valibot';
import type { FitOptions } from '../types';

export interface Adaptation {
  /** Above 0; `auto` is by the embeddings (`autoRate`). */
  readonly learningRate: number | 'auto';
  /** In [0, 1). */
  readonly momentum: number;
  /** In [0, 1]: the velocity becomes momentum·velocity + (1 − dampening)·gradient; the first one is the gradient. */
  readonly dampening: number;
  /** λ of the penalty λ/2‖w‖² on all that adapts. */
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Passes over the support. */
  readonly epochs: number;
}

const fromZero = v.pipe(v.number(), v.minValue(0));
const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

const rate = v.pipe(v.number(), v.gtValue(0));

/** The entries of options for `Adaptation`. */
export const adaptationEntries = {
  learningRate: v.optional(v.union([v.literal('auto'), rate]), 'auto'),
  momentum: v.optional(v.pipe(fromZero, v.ltValue(1)), 0.9),
  dampening: v.optional(v.pipe(fromZero, v.maxValue(1)), 0.9),
  weightDecay: v.optional(fromZero, 1e-3),
  batchSize: v.optional(whole, 4),
  epochs: v.optional(whole, 100),
};

/** The entry of options for what moves besides the head: a factor on the learning rate, above 0. */
export const networkRateEntry = (fallback = 1) => ({
  networkRate: v.optional(rate, fallback),
});

/** Share of the gradient in the velocity at step `step`, from 0. Without momentum there is nothing to dampen. */
export function gradientShare({ momentum, dampening }: Adaptation, step: number): number {
  return step === 0 || momentum === 0 ? 1 : 1 - dampening;
}

/**
 * Runs `take` on the examples of each batch: indices into the support's `count`. The seed gives the order; other work gets
 * its turn in between.
 * @throws the signal's reason, between two steps.
 */
export async function adapt(
  count: number,
  { batchSize, epochs }: Adaptation,
  { seed = 0, signal, onProgress }: FitOptions,
  take: (batch: Uint32Array, step: number) => void,
): Promise<void> {
  const pause = breathe();
  const total = epochs * Math.ceil(count / batchSize);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(random(seed, streams.adaptationOrder, epoch), count);
    for (let from = 0; from < count; from += batchSize) {
      signal?.throwIfAborted();
      take(order.subarray(from, from + batchSize), step++);
      onProgress?.(step, total);
      await pause();
    }
  }
}
