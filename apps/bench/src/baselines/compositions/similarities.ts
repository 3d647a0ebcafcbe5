/** The formulas of the similarities from tfjs's own ops; stride 1, padding `same`, windows of odd sides. */
import * as tf from '@tensorflow/tfjs-core';
import { patchesOf, product } from './patches';

type T4 = tf.Tensor4D;

export const plain = (x: T4, w: T4): T4 => tf.conv2d(x, w, 1, 'same');

/** y = wᵀ·M·patch with an M that is the same everywhere: the convolution with Mᵀ·w. @param m [K] or [K,K]. */
export function fixed(x: T4, w: T4, m: tf.Tensor): T4 {
  const [rows, columns, channels, filters] = w.shape;
  if (m.rank === 1) return plain(x, tf.mul(w, tf.reshape(m, [rows, columns, 1, 1])));
  const flat = tf.reshape(w, [rows * columns, channels * filters]);
  return plain(x, tf.reshape(tf.matMul(m as tf.Tensor2D, flat, true), w.shape));
}

/** An M for each of several groups of channels. @param m [groups,K,K]. */
export function grouped(x: T4, w: T4, m: tf.Tensor): T4 {
  const count = m.shape[0] as number;
  const [rows, columns, channels, filters] = w.shape;
  const parts = tf.split(w, count, 2).map((part, i) => {
    const own = tf.reshape(tf.slice(m, [i, 0, 0], [1, -1, -1]), [rows * columns, rows * columns]);
    const flat = tf.reshape(part, [rows * columns, (channels / count) * filters]);
    return tf.reshape(tf.matMul(own as tf.Tensor2D, flat as tf.Tensor2D, true), part.shape);
  });
  return plain(x, tf.concat(parts, 2) as T4);
}

/** One M between all values of kernel and patch. @param m [K·C,K·C]. */
export function bilinear(x: T4, w: T4, m: tf.Tensor): T4 {
  const flat = tf.reshape(w, [-1, w.shape[3]]) as tf.Tensor2D;
  return plain(x, tf.reshape(tf.matMul(m as tf.Tensor2D, flat, true), w.shape));
}

/** An M at every position. @param m [B,H,W,K] or [B,H,W,K,K]. */
export function everywhere(x: T4, w: T4, m: tf.Tensor): T4 {
  const patches = patchesOf(x, w.shape[0]);
  const [positions, taps] = patches.shape;
  if (m.rank === 4) return product(tf.mul(patches, tf.reshape(m, [positions, taps, 1])), x, w);
  return product(tf.matMul(tf.reshape(m, [positions, taps, taps]), patches), x, w);
}

const EPSILON = 1e-4;

/** cos θ [B,H,W,F] and ‖patch‖ [B,H,W,1]. */
function angle(x: T4, w: T4): { cosine: T4; norm: T4 } {
  const [rows, columns] = w.shape;
  const energy = plain(tf.sum(tf.square(x), 3, true) as T4, tf.ones([rows, columns, 1, 1]));
  const norm = tf.sqrt(tf.add(energy, EPSILON)) as T4;
  const kernelNorm = tf.sqrt(tf.add(tf.sum(tf.square(w), [0, 1, 2]), EPSILON));
  return { cosine: tf.div(plain(x, w), tf.mul(norm, kernelNorm)) as T4, norm };
}

export const hyperspherical = (x: T4, w: T4): T4 => angle(x, w).cosine;

/** tanh(‖patch‖/ρ)·cos θ, ρ = (r² + 1e-4)·mean‖patch‖. @param r [F]. */
export function decoupledTanh(x: T4, w: T4, r: tf.Tensor): T4 {
  const { cosine, norm } = angle(x, w);
  const radius = tf.mul(tf.add(tf.square(r), EPSILON), tf.mean(norm));
  return tf.mul(cosine, tf.tanh(tf.div(norm, radius)));
}
