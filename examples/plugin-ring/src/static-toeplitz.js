// `static-toeplitz`: how alike two taps are depends on how far apart they lie, and on nothing else.
//
//     M[k, s] = z[place(s) − place(k)]
//
// so that M is block-Toeplitz: (2·kh − 1)·(2·kw − 1) weights in place of the (kh·kw)² of `static-uns`, and Wᵀ·M is the
// kernel convolved with z. It starts at the identity: z is 1 at distance zero. Static, so it folds into the kernel.
import { strictOptions } from '@neusim/core';
import { define } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';

/** @import { Geometry, Similarity } from '@neusim/core' */

/** @param {Geometry} g */
const distances = ({ kernelHeight, kernelWidth }) => (2 * kernelHeight - 1) * (2 * kernelWidth - 1);

/**
 * [K·K, distances], zeros and a one a row: which of z an entry of M is, by rows and columns apart, from (1 − kh, 1 − kw).
 * @param {Geometry} g
 */
function choice(g) {
  const { kernelHeight, kernelWidth, taps } = g;
  const chosen = new Float32Array(taps * taps * distances(g));
  for (let entry = 0; entry < taps * taps; entry++) {
    const [k, s] = [Math.floor(entry / taps), entry % taps];
    const rows = Math.floor(s / kernelWidth) - Math.floor(k / kernelWidth) + kernelHeight - 1;
    const columns = (s % kernelWidth) - (k % kernelWidth) + kernelWidth - 1;
    chosen[entry * distances(g) + rows * (2 * kernelWidth - 1) + columns] = 1;
  }
  return tf.tensor2d(chosen, [taps * taps, distances(g)]);
}

/**
 * @param {{ readonly l2: number }} options l2: λ of the penalty λ/2‖z‖².
 * @returns {Similarity}
 */
export function staticToeplitz(options) {
  return {
    name: 'static-toeplitz',
    options: { ...options },
    form: 'full',
    source: 'parameter',
    weights: (g) => [
      {
        name: 'similarity',
        shape: [distances(g)],
        // Distance zero is in the middle.
        init: {
          apply: ([n = 1]) => tf.tensor1d(Array.from({ length: n }, (_, i) => (i === n >> 1 ? 1 : 0))),
        },
        role: 'similarity',
        l2: options.l2,
      },
    ],
    channels: () => 0,
    // A product with zeros and ones, and no gather: its gradients of every order run on every engine.
    toM(z, g) {
      if (!z) return null;
      return tf.reshape(tf.matMul(choice(g), tf.reshape(z, [-1, 1])), [g.taps, g.taps]);
    },
  };
}

export default define({
  kind: 'similarity',
  name: 'static-toeplitz',
  version: '1.0.0',
  summary: 'static similarity by the distance of two taps: folds into the kernel',
  options: strictOptions({ l2: v.optional(v.pipe(v.number(), v.minValue(0)), 0) }),
  load: () => staticToeplitz,
});
