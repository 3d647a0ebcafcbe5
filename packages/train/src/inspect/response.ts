/**
 * A similarity that is no M, as curves: what the layer gives for a patch at an angle to the kernel, and for a patch of
 * some length in the kernel's direction. Any response is seen this way, as it is a function of these products alone.
 */
import type { NeuralSimilarityConv2D, Products, Taps } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** Over the layer's filters. */
export interface ResponseCurve {
  /** Angles in radians, or lengths. */
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

export interface ResponseCurves {
  /** Of the patches of the image; 1 without one. */
  readonly patchNorm: number;
  /** Over θ in 0..π between kernel and patch, for a patch of that norm. */
  readonly angle: ResponseCurve;
  /** Over ‖patch‖ in 0..3 times that norm, at θ = 0. */
  readonly magnitude: ResponseCurve;
  /** What it has learned, by the names of its weights. */
  readonly weights: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const POINTS = 61;
/** Values of a weight that are kept. */
const MOST_VALUES = 1024;

/**
 * @param patchNorm above 0. @param mask the D of the layer's shape, [K]; default none.
 * @returns null for a similarity without a response.
 */
export async function responseCurves(
  layer: NeuralSimilarityConv2D,
  patchNorm = 1,
  mask?: Taps['mask'],
): Promise<ResponseCurves | null> {
  const { respond } = layer.similarity;
  if (!respond) return null;
  const variables = layer.similarityWeights;
  const steps = Array.from({ length: POINTS }, (_, i) => i / (POINTS - 1));
  const angles = steps.map((share) => share * Math.PI);
  const norms = steps.map((share) => 3 * patchNorm * share);
  const cosines = [...angles.map(Math.cos), ...norms.map(() => 1)];
  const lengths = [...angles.map(() => patchNorm), ...norms];
  const [filters, values] = tf.tidy(() => {
    const { w } = layer.comparison(undefined, mask ? { mask } : {});
    const norm = (v: tf.Tensor4D) => tf.sqrt(tf.sum(tf.square(v), [0, 1, 2])) as tf.Tensor1D;
    const reached = tf.tensor4d(lengths, [1, 1, 2 * POINTS, 1]);
    const shares = tf.tensor4d(
      cosines.map((cosine, i) => cosine * (lengths[i] as number)),
      [1, 1, 2 * POINTS, 1],
    );
    // Of a patch at these angles to every kernel.
    const products: Products = {
      kernel: w,
      dot: (v) => tf.mul(shares, norm(v)),
      kernelEnergy: (scale = 1) => tf.square(tf.mul<tf.Tensor1D>(norm(w), scale)),
      patchEnergy: (scale = 1) => tf.square(tf.mul<tf.Tensor4D>(reached, scale)),
    };
    const weights = variables.map((variable) => variable.read());
    const call = { training: false, write: () => {} };
    const y = respond.call(layer.similarity, products, weights, call);
    return [w.shape[3], y] as const;
  });
  const found = (await values.data()) as Float32Array;
  values.dispose();
  const curve = (at: readonly number[], start: number): ResponseCurve => {
    const over = at.map((_, i) => found.subarray((start + i) * filters, (start + i + 1) * filters));
    return {
      at,
      mean: over.map((each) => each.reduce((sum, value) => sum + value, 0) / filters),
      lowest: over.map((each) => each.reduce((least, value) => Math.min(least, value), Infinity)),
      highest: over.map((each) => each.reduce((most, value) => Math.max(most, value), -Infinity)),
    };
  };
  const weights = await Promise.all(
    variables.map(async (variable) => ({
      name: variable.originalName.split('/').pop() as string,
      values: [...(await variable.read().data())].slice(0, MOST_VALUES),
    })),
  );
  return { patchNorm, angle: curve(angles, 0), magnitude: curve(norms, POINTS), weights };
}
