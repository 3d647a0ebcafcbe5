/**
 * A convolution whose kernel is a mixture of n kernels, with the shares of each image (CondConv, Yang et al. 2019; ODConv,
 * Li et al. 2022):
 *
 *     y[b] = Σᵢ r[b,i]·⟨Wᵢ, diag(tap[b])·S(x[b])⟩
 *
 * It is computed in one of two ways, equal up to rounding. `mixed`: the kernels are mixed for each image, and each image is
 * convolved by itself. `together`: the batch is convolved with all n kernels side by side, and what comes out is mixed.
 */
import { type ConvOptions, type Geometry, geometry, similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { pieces } from './pieces';

type T4 = tf.Tensor4D;

/**
 * @param x [B,H,W,C]. @param kernels [n,kh,kw,C,F]. @param shares r [B,n].
 * @param tap [B,K], a factor for each tap; without it 1.
 * @returns [B,H',W',F], differentiable in all four to any order.
 */
export function mixtureConv2d(
  x: T4,
  kernels: tf.Tensor5D,
  shares: tf.Tensor2D,
  options: ConvOptions,
  tap?: tf.Tensor2D,
): T4 {
  const [count, rows, columns, channels, filters] = kernels.shape;
  const g = geometry([x.shape[1], x.shape[2], channels], [rows, columns], options);
  return tf.tidy(() =>
    cheapest(x.shape[0], g, count, filters) === 'mixed'
      ? mixed(x, kernels, shares, options, tap)
      : together(x, kernels, shares, options, tap),
  );
}

/**
 * What mixing costs besides its multiply-adds, in multiply-adds: each image's call, and each value of its kernel, which is
 * written, read and brought into the form that the engine wants. Measured on wasm, whose two ways then cross where they
 * should (4×4 maps of 128 channels with 4 kernels); a GPU's dispatches cost no less.
 */
const PER_CALL = 1e5;
const PER_KERNEL_VALUE = 40;

/** Which of the two ways has fewer multiply-adds, with what mixing costs besides. */
export function cheapest(batch: number, g: Geometry, count: number, filters: number): 'mixed' | 'together' {
  if (batch === 0 || count === 1) return 'together';
  const kernel = g.taps * g.channels * filters;
  const convolution = g.outHeight * g.outWidth * kernel;
  const mixing = kernel * (count + PER_KERNEL_VALUE) + PER_CALL;
  return mixing + convolution < count * convolution ? 'mixed' : 'together';
}

/** The kernels are mixed for each image. */
export function mixed(
  x: T4,
  kernels: tf.Tensor5D,
  shares: tf.Tensor2D,
  options: ConvOptions,
  tap?: tf.Tensor2D,
): T4 {
  const [count, rows, columns, channels, filters] = kernels.shape;
  const batch = x.shape[0];
  const taps = rows * columns;
  const flat = tf.reshape(kernels, [count, taps * channels * filters]) as tf.Tensor2D;
  let own: tf.Tensor = tf.matMul(shares, flat);
  if (tap)
    own = tf.mul(tf.reshape(own, [batch, taps, channels * filters]), tf.reshape(tap, [batch, taps, 1]));
  const images = pieces(x, batch, 0);
  const each = pieces(tf.reshape(own, [batch, taps * channels * filters]), batch, 0);
  const convolved = each.map((kernel, i) => {
    const w = tf.reshape(kernel, [rows, columns, channels, filters]) as T4;
    return similarityConv2d(images[i] as T4, w, null, options);
  });
  return tf.concat(convolved, 0);
}

/** The batch is convolved with all kernels; what comes out is mixed. */
export function together(
  x: T4,
  kernels: tf.Tensor5D,
  shares: tf.Tensor2D,
  options: ConvOptions,
  tap?: tf.Tensor2D,
): T4 {
  const [count, rows, columns, channels, filters] = kernels.shape;
  const inputs = rows * columns * channels;
  const turned = tf.transpose(tf.reshape(kernels, [count, inputs, filters]), [1, 0, 2]);
  const all = tf.reshape(turned, [rows, columns, channels, count * filters]) as T4;
  const m = tap ? tf.reshape(tap, [x.shape[0], 1, 1, rows * columns]) : null;
  const parts = pieces(similarityConv2d(x, all, m, options), count, 3);
  const each = pieces(shares, count, 1);
  return parts
    .map((part, i) => tf.mul(part, tf.reshape(each[i] as tf.Tensor, [-1, 1, 1, 1])))
    .reduce((sum, part) => tf.add(sum, part)) as T4;
}
