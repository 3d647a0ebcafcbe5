/**
 * Folding a static similarity into its kernel: W_eff = Mᵀ·W for each channel and filter (method: §1, §7), so
 * that inference costs what a plain convolution costs. Differentiable to any order: the static layers train
 * through it.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The kernel of the plain convolution that equals a static similarity convolution.
 * @param w [kh,kw,C,F].
 * @param m [K], [K,K] (rows are kernel taps, columns input taps), or null.
 * @returns [kh,kw,C,F]; `w` itself where m is null.
 * @throws NeusimError FOLD_DYNAMIC for an m that differs from position to position, SIMILARITY_SHAPE for another K.
 */
export function foldSimilarity(w: tf.Tensor4D, m: tf.Tensor | null): tf.Tensor4D {
  if (!m) return w;
  const [kernelHeight, kernelWidth, channels, filters] = w.shape;
  const taps = kernelHeight * kernelWidth;
  if (m.rank > 2)
    throw new NeusimError('FOLD_DYNAMIC', `m [${m.shape}] depends on the position: it has no plain kernel`, {
      data: { m: m.shape },
      hint: `Only a static m, [${taps}] or [${taps},${taps}], folds into the kernel.`,
    });
  if (m.rank === 0 || m.shape.some((size) => size !== taps))
    throw new NeusimError('SIMILARITY_SHAPE', `m [${m.shape}] does not fit a kernel of ${taps} taps`, {
      data: { m: m.shape, taps },
      hint: `Allowed: [${taps}] or [${taps},${taps}].`,
    });
  return tf.tidy(() => {
    if (m.rank === 1) return tf.mul(w, tf.reshape(m, [kernelHeight, kernelWidth, 1, 1]));
    const flat = tf.reshape(w, [taps, channels * filters]) as tf.Tensor2D;
    return tf.reshape(tf.matMul(tf.transpose(m as tf.Tensor2D), flat), w.shape);
  });
}
