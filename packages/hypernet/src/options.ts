/** The options that all predictors have, and their schemas. */
import * as v from 'valibot';

/** The two convolutions m1 and m2 of a predictor, and the batch norms after them. */
export interface NetworkOptions {
  /** Channels between the two convolutions; `auto`: 64 where M is diagonal, 128 where it is full. */
  readonly hidden: number | 'auto';
  /** Side of both convolutions' windows; default 3. */
  readonly kernelSize: number;
  /** Batch norm after each convolution; `auto`: where M is diagonal. */
  readonly batchNorm: boolean | 'auto';
  /** Decay of its running statistics, in [0, 1); default 0.999. A short run wants less, or they keep its start. */
  readonly normDecay: number;
  /** Factors on the He-normal start of the two convolutions; default [0.1, 0.001]. */
  readonly initScale: readonly [number, number];
  /**
   * `identity` (default): the last scale, γ or without batch norm m2, starts at zero, so that M = I exactly;
   * `authors`: their code's start, M = I up to noise, from which a diagonal M hardly learns.
   */
  readonly start: 'identity' | 'authors';
  /** λ ≥ 0 of the convolutions' own penalty λ/2‖w‖²; without it the training config's value for predictors. */
  readonly l2?: number;
  /** Seed of the start, any whole number; every layer's stream is drawn from it and the layer's name. */
  readonly seed?: number;
}

export const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const amount = v.pipe(v.number(), v.minValue(0));

/** Schema entries of `NetworkOptions`. */
export const networkEntries = {
  hidden: v.optional(v.union([size, v.literal('auto')]), 'auto'),
  kernelSize: v.optional(size, 3),
  batchNorm: v.optional(v.union([v.boolean(), v.literal('auto')]), 'auto'),
  normDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.999),
  initScale: v.optional(v.tuple([amount, amount]), [0.1, 0.001]),
  start: v.optional(v.picklist(['identity', 'authors']), 'identity'),
  l2: v.optional(amount),
  seed: v.optional(v.pipe(v.number(), v.integer())),
};

/** What the two convolutions divide by. */
export interface NormOptions {
  /** By the norm of the patch, for m1 and m2; default [true, false]. */
  readonly normalizeInput: readonly [boolean, boolean];
  /** By the norm of the kernel, for m1 and m2; default [false, false]. */
  readonly normalizeKernel: readonly [boolean, boolean];
}

export const pair = v.tuple([v.boolean(), v.boolean()]);

/** Schema entries of `NormOptions`. */
export const normEntries = {
  normalizeInput: v.optional(pair, [true, false]),
  normalizeKernel: v.optional(pair, [false, false]),
};

export const width = v.optional(size, 64);
