// `shapes`: rings, discs, crosses and squares of random place, size and brightness on noise, drawn when the data set is
// opened. One seed gives one data set, and no image depends on how many there are.
import { strictOptions } from '@neusim/core';
import { random, uniformInt } from '@neusim/datasets';
import { define } from '@neusim/registry';
import * as v from 'valibot';

/** @import { DatasetSource, MemorySplit } from '@neusim/datasets' */

/** Whether a place (dy, dx) from the middle belongs to a shape of radius r. */
const inside = {
  ring: (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ r) =>
    Math.abs(Math.hypot(y, x) - r + 1) < 1,
  disc: (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ r) => Math.hypot(y, x) < r,
  cross: (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ r) =>
    Math.min(Math.abs(y), Math.abs(x)) < 1.5 && Math.max(Math.abs(y), Math.abs(x)) < r,
  square: (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ r) =>
    Math.abs(Math.max(Math.abs(y), Math.abs(x)) - r + 1) < 1,
};
const classes = Object.keys(inside);
const tests = Object.values(inside);

/** Streams of random numbers: whoever trains longer sees no test image. */
const streams = { train: 1, test: 2 };

/**
 * @param {{ readonly size: number, readonly count: number, readonly seed: number, readonly stream: number }} which
 * @returns {MemorySplit}
 */
function draw({ size, count, seed, stream }) {
  const images = new Uint8Array(count * size * size);
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes.length);
  for (const [index, label] of labels.entries()) {
    const next = random(seed, stream, index);
    const radius = 4 + uniformInt(next, Math.floor(size / 2) - 5);
    const place = () => radius + uniformInt(next, size - 2 * radius);
    const [row, column, light] = [place(), place(), 100 + uniformInt(next, 100)];
    for (let at = 0; at < size * size; at++) {
      const belongs = tests[label]?.(Math.floor(at / size) - row, (at % size) - column, radius);
      images[index * size * size + at] = uniformInt(next, 56) + (belongs ? light : 0);
    }
  }
  return { count, shape: [size, size, 1], images, labels };
}

/**
 * @param {{ readonly size: number, readonly train: number, readonly test: number, readonly seed: number }} options
 * @returns {DatasetSource<MemorySplit, unknown>}
 */
export function shapes({ size, train, test, seed }) {
  return {
    open: async () => ({
      name: 'shapes',
      shape: [size, size, 1],
      classes,
      train: draw({ size, count: train, seed, stream: streams.train }),
      test: draw({ size, count: test, seed, stream: streams.test }),
    }),
  };
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000));

export default define({
  kind: 'dataset',
  name: 'shapes',
  version: '1.0.0',
  summary: 'rings, discs, crosses and squares on noise, drawn from a seed',
  options: strictOptions({
    /** Side of every image. */
    size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(256)), 28),
    train: v.optional(count, 2000),
    test: v.optional(count, 400),
    seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
  }),
  load: () => shapes,
});
