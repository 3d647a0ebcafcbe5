/**
 * A similarity between a kernel and the patches of x, whatever holds the kernel: a layer's weight, or a tensor that was
 * computed, such as the prototypes of an episode.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { foldSimilarity } from '../fold/fold-similarity';
import { type ConvOptions, dilatedSize, type Geometry, geometry } from '../geometry';
import type { Call, Similarity, Taps } from '../parts';
import { compare, masked, products } from './compare';

/** What a similarity is made of, besides what it compares. */
export interface Compared {
  /** [kh,kw,C,F], without D in it. */
  readonly kernel: tf.Tensor4D;
  /** Those of `similarity.weights(windowOf(kernel), F)`, in their order; where one has F values, 1 for all filters does as well. */
  readonly weights?: readonly tf.Tensor[] | undefined;
  /** What a predictor gave, [B,H',W',channels] or [B,1,1,channels], where the similarity is dynamic. */
  readonly z?: tf.Tensor | undefined;
  /** Default: every tap of the window. */
  readonly taps?: Taps | undefined;
  readonly options?: ConvOptions | undefined;
  /** `windowOf(kernel, options)`, where it is known. */
  readonly window?: Geometry | undefined;
  /** What an error calls it; default the similarity's name. */
  readonly name?: string | undefined;
}

const inference: Call = { training: false, write: () => {} };

/** The geometry of a kernel on a map of its window's size, which weights and M depend on. */
export function windowOf(
  kernel: Pick<tf.Tensor4D, 'shape'>,
  { dilations = [1, 1] }: ConvOptions = {},
): Geometry {
  const [height, width, channels] = kernel.shape;
  const map = [dilatedSize(height, dilations[0]), dilatedSize(width, dilations[1]), channels] as const;
  return geometry(map, [height, width], { dilations });
}

/**
 * The kernel and M that the convolution runs with: D and a static M are in w already, so m is null unless it was predicted.
 * @throws NeusimError LAYER_INPUT for a dynamic similarity without z.
 */
export function comparison(
  similarity: Similarity,
  { kernel, weights, z, taps = {}, options, window = windowOf(kernel, options), name }: Compared,
): { w: tf.Tensor4D; m: tf.Tensor | null } {
  const { mask, side = 'kernel' } = taps;
  if (similarity.source !== 'predictor') {
    const m = similarity.toM(weights?.[0], window);
    const folded = (w: tf.Tensor4D) =>
      similarity.fold ? similarity.fold(w, m, window, mask) : foldSimilarity(w, m);
    const first = side === 'kernel' && similarity.form !== 'none';
    return { w: first ? folded(masked(kernel, mask)) : masked(folded(kernel), mask), m: null };
  }
  if (!z)
    throw new NeusimError(
      'LAYER_INPUT',
      `${name ? `layer ${name} (${similarity.name})` : similarity.name} needs a second input`,
      {
        data: { layer: name, similarity: similarity.name },
        hint: 'Apply it to [x, predictor.apply(x)], or use neuralSimilarity(x, spec).',
      },
    );
  const m = similarity.toM(z, window);
  if (side === 'kernel' || !mask || similarity.form === 'diagonal') return { w: masked(kernel, mask), m };
  return { w: kernel, m: m && tf.mul(m, mask) };
}

/**
 * y [B,H',W',F] of x [B,H,W,C]. Differentiable to second order in x, the kernel, the weights and z, as the similarity is.
 * The caller tidies.
 * @param call given where the similarity may move its own weights in training; default inference.
 * @throws NeusimError LAYER_INPUT for a dynamic similarity without z, SIMILARITY_SHAPE and GEOMETRY_* for shapes that do
 *   not fit.
 */
export function applySimilarity(
  similarity: Similarity,
  x: tf.Tensor4D,
  compared: Compared,
  call: Call = inference,
): tf.Tensor4D {
  const { kernel, weights = [], taps = {}, options = {} } = compared;
  if (similarity.respond) return similarity.respond(products(x, kernel, taps, options), weights, call);
  const { w, m } = comparison(similarity, compared);
  return compare(x, w, m, taps, options);
}
