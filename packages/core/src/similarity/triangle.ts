/**
 * Matrices made of the values below their diagonal, row by row: (0,0), (1,0), (1,1), (2,0) …, without the diagonal
 * (1,0), (2,0), (2,1) …. One product with a constant matrix of zeros and ones puts the values in their places: the same
 * operation on every engine, with gradients to every order, which a gather does not have.
 */
import * as tf from '@tensorflow/tfjs-core';
import { FEW } from './structure';

export interface Triangle {
  /** Whether the diagonal is among the values; it is zero otherwise. */
  readonly diagonal: boolean;
  /** The upper triangle: 1 the same values, -1 the opposite ones, 0 zeros. */
  readonly mirror: 1 | -1 | 0;
}

/** How many values there are. A 1×1 matrix without diagonal has one, which is not used: a weight has no size of 0. */
export const triangleSize = (taps: number, { diagonal }: Triangle): number =>
  Math.max(1, (taps * (diagonal ? taps + 1 : taps - 1)) / 2);

/** Multiply-adds of one matrix. */
export const triangleCost = (taps: number, triangle: Triangle): number =>
  triangleSize(taps, triangle) * taps * taps;

/** Matrices [N,K,K] from values [N,`triangleSize`]. */
export function fillTriangle(values: tf.Tensor2D, taps: number, triangle: Triangle): tf.Tensor3D {
  const entries = taps * taps;
  const count = triangleSize(taps, triangle);
  const places = new Float32Array(count * entries);
  let value = 0;
  for (let row = 0; row < taps; row++)
    for (let column = 0; column < row + Number(triangle.diagonal); column++, value++) {
      places[value * entries + column * taps + row] = triangle.mirror;
      places[value * entries + row * taps + column] = 1;
    }
  const batch = values.shape[0];
  const map = tf.tensor2d(places, [count, entries]);
  const filled =
    batch * map.size <= FEW ? tf.sum(tf.mul(tf.expandDims(values, 2), map), 1) : tf.matMul(values, map);
  return tf.reshape(filled, [batch, taps, taps]);
}
