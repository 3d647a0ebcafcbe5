/** Convolutions as one writes them from tfjs's own ops: patches side by side, and one matrix product. */
import * as tf from '@tensorflow/tfjs-core';

type T4 = tf.Tensor4D;

/** One map a tap: x moved by (dy, dx), whole elements, zeros from outside; [B,H,W,C] each. */
export function shifted(x: T4, places: readonly (readonly [number, number])[]): T4[] {
  const [batch, height, width, channels] = x.shape;
  const room = Math.max(0, ...places.flat().map(Math.abs));
  const padded = tf.pad(x, [
    [0, 0],
    [room, room],
    [room, room],
    [0, 0],
  ]);
  return places.map(([dy, dx]) =>
    tf.slice(padded, [0, room + dy, room + dx, 0], [batch, height, width, channels]),
  );
}

/** Where the taps of an odd window read, row by row, `rate` apart. */
export function windowPlaces(side: number, rate = 1): [number, number][] {
  const middle = (side - 1) / 2;
  return Array.from({ length: side * side }, (_, tap) => [
    rate * (Math.floor(tap / side) - middle),
    rate * ((tap % side) - middle),
  ]);
}

/** Patches [B·H·W,K,C] of the maps that the taps read. */
export function sideBySide(maps: readonly T4[]): tf.Tensor3D {
  const [batch, height, width, channels] = (maps[0] as T4).shape;
  const rows = maps.map((map) => tf.reshape(map, [batch * height * width, 1, channels]));
  return tf.concat(rows, 1) as tf.Tensor3D;
}

/** y [B,H,W,F] of patches [B·H·W,K,C] of x and w [kh,kw,C,F]. */
export function product(patches: tf.Tensor, x: T4, w: T4): T4 {
  const [batch, height, width] = x.shape;
  const [rows, columns, channels, filters] = w.shape;
  const inputs = rows * columns * channels;
  const y = tf.matMul(tf.reshape(patches, [-1, inputs]), tf.reshape(w, [inputs, filters]));
  return tf.reshape(y, [batch, height, width, filters]);
}

export const patchesOf = (x: T4, side: number, rate = 1) => sideBySide(shifted(x, windowPlaces(side, rate)));
