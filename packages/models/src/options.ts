/** The options that every network here has, and those of a network with similarities. */
import * as v from 'valibot';
import { type PartSpec, partSchema } from './part-spec';

/** A whole number from 1. */
export const size = v.pipe(v.number(), v.integer(), v.minValue(1));
/** Filters of every stage, as many stages as numbers. */
export const widthsEntry = v.optional(v.pipe(v.array(size), v.minLength(1)));

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

/** Options of every network. @param from what they start from. */
export const commonEntries = (
  from: Pick<Family, 'inputShape' | 'normDecay'> & { readonly classes?: number },
) => ({
  /** [height, width, channels] of one image. */
  inputShape: v.optional(v.tuple([size, size, size]), from.inputShape),
  classes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2)), from.classes ?? 10),
  /** Decay of batch norm's running statistics, in [0, 1). */
  normDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), from.normDecay),
  /** Start of the weights: an integer, 0..2^53 - 1. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
});

/** Options of a network of equally built stages. */
export const stageEntries = ({ width, depth }: Pick<Family, 'width' | 'depth'>) => ({
  /** Filters of the first stage; each stage has twice as many as the one before it. */
  width: v.optional(size, width),
  /** Filters of every stage, in place of `width`; as many stages as numbers. */
  widths: widthsEntry,
  /** Convolutions in each stage. */
  depth: v.optional(size, depth),
  /** Side of their square window. */
  kernelSize: v.optional(size, 3),
});

/** Options of a plain network. */
export const plainEntries = (family: Family) => ({ ...commonEntries(family), ...stageEntries(family) });

/** The similarity of hyperspherical networks (method: §12). */
export const cosine = { name: 'hyperspherical', orthogonality: 2e-4 };

/** What a network with similarities has besides: its parts. */
export const partEntries = <const S extends PartSpec>(similarity: S) => ({
  similarity: v.optional(partSchema, similarity),
  shape: v.optional(partSchema, 'full'),
  /** Of a dynamic similarity; default `sphere`, or `shared` with the shared parameterization. */
  predictor: v.optional(partSchema),
  /** In place of all of these: an operator, such as `cond-conv`. */
  operator: v.optional(partSchema),
  /** One predictor a layer (the default), or one for all of them. */
  parameterization: v.optional(v.picklist(['disjoint', 'shared'])),
});

/** Those of the paper's networks; they hold for every convolution but the root and the score. */
export const similarityEntries = partEntries('dynamic-dns');

/** What becomes of the last map. */
export const headEntries = <const P extends 'flatten' | 'average'>(pooling: P) => ({
  /** How the last map becomes the embedding: all its values, or the average of each channel. */
  pooling: v.optional(v.picklist(['flatten', 'average']), pooling),
  /** `none`: the network gives the embedding [B,features] in place of logits. */
  head: v.optional(v.picklist(['linear', 'none']), 'linear'),
});
