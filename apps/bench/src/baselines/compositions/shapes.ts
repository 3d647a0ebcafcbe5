/** Kernel shapes from tfjs's own ops; stride 1, padding `same`, windows of odd sides. */
import * as tf from '@tensorflow/tfjs-core';
import { patchesOf, product, shifted, sideBySide, windowPlaces } from './patches';

type T4 = tf.Tensor4D;

/** By patches: tfjs's own convolution has no gradient where it is dilated. */
export const dilated = (x: T4, w: T4, rate: number): T4 => product(patchesOf(x, w.shape[0], rate), x, w);

/**
 * Taps that read between elements, at places that are the same everywhere: each of the four around a tap is the map
 * moved by whole elements, times how near it is.
 * @param offsets [1,1,1,2K], added to the window.
 */
export function betweenElements(x: T4, w: T4, offsets: tf.Tensor): T4 {
  const [side] = w.shape;
  const moves = tf.reshape(offsets, [-1, 2]);
  const floors = tf.floor(moves);
  const whole = floors.dataSync();
  const parts = tf.split(tf.sub(moves, floors), side * side) as tf.Tensor2D[];
  const maps = windowPlaces(side).map(([row, column], tap) => {
    const [dy, dx] = tf.split(parts[tap] as tf.Tensor2D, 2, 1).map((part) => tf.reshape(part, [])) as [
      tf.Scalar,
      tf.Scalar,
    ];
    const [y, x0] = [row + (whole[2 * tap] as number), column + (whole[2 * tap + 1] as number)];
    const around = shifted(x, [
      [y, x0],
      [y, x0 + 1],
      [y + 1, x0],
      [y + 1, x0 + 1],
    ]);
    const [up, left] = [tf.sub(1, dy), tf.sub(1, dx)];
    const nearness = [tf.mul(up, left), tf.mul(up, dx), tf.mul(dy, left), tf.mul(dy, dx)];
    return tf.addN(around.map((map, i) => tf.mul(map, nearness[i] as tf.Tensor))) as T4;
  });
  return product(sideBySide(maps), x, w);
}
