/**
 * The squared euclidean distance as a similarity: y = −Σ d[tap]·(w − x)² = 2⟨w,x⟩ − ‖w‖² − ‖x‖², 0 where the patch is the
 * kernel, below 0 elsewhere. With class means for kernels it is the metric of prototypical networks (Snell et al. 2017);
 * a layer of it answers as a radial basis function does, before its exponential.
 */
import type { Similarity } from '@neusim/core';
import { define, noOptions } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

const version = '1.0.0';

/**
 * What squares are scaled by, a power of two that rounds nothing: their sum stays finite up to values of 1e23, and where
 * the distance itself is no float32, from 1e19, it is −∞, never the NaN of ∞ − ∞.
 */
const SCALE = 2 ** -16;

export const euclidean: Similarity = Object.freeze<Similarity>({
  name: 'euclidean',
  version,
  options: {},
  form: 'none',
  source: 'none',
  weights: () => [],
  channels: () => 0,
  toM: () => null,
  respond: ({ kernel, dot, kernelEnergy, patchEnergy }) => {
    const products = dot(tf.mul(kernel, 2 * SCALE * SCALE));
    const energies = tf.add(patchEnergy(SCALE), kernelEnergy(SCALE));
    return tf.mul(tf.sub<tf.Tensor4D>(products, energies), 1 / (SCALE * SCALE));
  },
});

export default define({
  kind: 'similarity',
  name: 'euclidean',
  version,
  summary: 'minus the squared distance between kernel and patch',
  options: noOptions,
  load: () => (): Similarity => euclidean,
});
