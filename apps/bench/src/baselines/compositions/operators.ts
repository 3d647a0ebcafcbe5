/** The operators' formulas from tfjs's own ops; stride 1, padding `same`, windows of odd sides. */
import * as tf from '@tensorflow/tfjs-core';
import { patchesOf } from './patches';

type T4 = tf.Tensor4D;

/**
 * Kernels mixed for each image, and each image convolved by itself: tfjs has no grouped convolution.
 * @param kernels [n,kh,kw,C,F]. @param shares [B,n]. @param tap [B,K]: a factor for each tap.
 */
export function mixture(x: T4, kernels: tf.Tensor5D, shares: tf.Tensor2D, tap?: tf.Tensor2D): T4 {
  const [count, rows, columns, channels, filters] = kernels.shape;
  const flat = tf.reshape(kernels, [count, -1]) as tf.Tensor2D;
  const mixed = tf.reshape(tf.matMul(shares, flat), [-1, rows * columns, channels * filters]);
  const weighted = tap ? tf.mul(mixed, tf.expandDims(tap, 2)) : mixed;
  const [images, each] = [tf.unstack(x), tf.unstack(weighted)];
  const convolved = images.map((image, i) => {
    const w = tf.reshape(each[i] as tf.Tensor, [rows, columns, channels, filters]) as T4;
    return tf.conv2d(tf.expandDims(image, 0) as T4, w, 1, 'same');
  });
  return tf.concat(convolved, 0);
}

/** @param kernels [B,H,W,G·K], a kernel at each position for each group of channels. */
export function involution(x: T4, kernels: T4, groups: number, side: number): T4 {
  const [channels, taps] = [x.shape[3], side * side];
  const patches = tf.reshape(patchesOf(x, side), [-1, taps, groups, channels / groups]);
  const own = tf.transpose(tf.reshape(kernels, [-1, groups, taps]), [0, 2, 1]);
  return tf.reshape(tf.sum(tf.mul(patches, tf.expandDims(own, 3)), 1), x.shape);
}

/** @param query [1,1,C,C/8]. @param key the same. @param value [1,1,C,C]. @param gamma a scalar. */
export function globalSimilarity(x: T4, query: T4, key: T4, value: T4, gamma: tf.Tensor): T4 {
  const [batch, height, width] = x.shape;
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(x), 3, true), 1e-4));
  const cosine = (w: T4) => {
    const kernelNorm = tf.sqrt(tf.add(tf.sum(tf.square(w), [0, 1, 2]), 1e-4));
    const y = tf.div(tf.conv2d(x, w, 1, 'same'), tf.mul(norm, kernelNorm));
    return tf.reshape(y, [batch, height * width, w.shape[3]]) as tf.Tensor3D;
  };
  const m = tf.softmax(tf.matMul(tf.relu(cosine(query)), cosine(key), false, true));
  return tf.add(x, tf.mul(tf.reshape(tf.matMul(m, cosine(value)), x.shape), gamma));
}
