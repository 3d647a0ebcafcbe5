/** The options that every network here has, and those of a network with similarities. */
import * as v from 'valibot';
import { partSchema } from './part-spec';

const size = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What a family of networks fixes, and where its options start from. */
export interface Family {
  readonly inputShape: [number, number, number];
  readonly rootStride: number;
  readonly width: number;
  readonly stages: number;
  readonly depth: number;
  readonly normDecay: number;
  /** Options of predictors, where they differ from the predictors' own defaults. */
  readonly predictor?: { readonly hidden: number };
}

/** Options of a plain network. */
export const plainEntries = (family: Family) => ({
  /** [height, width, channels] of one image. */
  inputShape: v.optional(v.tuple([size, size, size]), family.inputShape),
  classes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2)), 10),
  /** Filters of the first stage; each stage has twice as many as the one before it. */
  width: v.optional(size, family.width),
  /** Filters of every stage, in place of `width`; as many stages as numbers. */
  widths: v.optional(v.pipe(v.array(size), v.minLength(1))),
  /** Convolutions in each stage. */
  depth: v.optional(size, family.depth),
  /** Side of their square window. */
  kernelSize: v.optional(size, 3),
  /** Decay of batch norm's running statistics, in [0, 1). */
  normDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), family.normDecay),
  /** Start of the weights: an integer, 0..2^53 - 1. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
});

/** What a network with similarities has besides; they hold for every convolution but the root and the score. */
export const similarityEntries = {
  similarity: v.optional(partSchema, 'dynamic-dns'),
  shape: v.optional(partSchema, 'full'),
  /** Of a dynamic similarity; default `sphere`, or `shared` with the shared parameterization. */
  predictor: v.optional(partSchema),
  /** In place of all of these: an operator, such as `cond-conv`. */
  operator: v.optional(partSchema),
  /** One predictor a layer (the default), or one for all of them. */
  parameterization: v.optional(v.picklist(['disjoint', 'shared'])),
};
