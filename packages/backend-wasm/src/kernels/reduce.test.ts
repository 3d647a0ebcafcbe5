import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

const cases: [number[], number | number[] | undefined][] = [
  [[5, 7], 0],
  [[5, 7], 1],
  [[5, 7], undefined],
  [[33, 3], 0],
  [[4096, 3], 0],
  [[1024, 32], [0]],
  [
    [2, 3, 4, 5],
    [0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [2, 1],
  ],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [[2, 3, 4, 5], -1],
  [
    [1, 1, 1, 6],
    [0, 1, 2],
  ],
  [[9, 32, 50], 1],
  [[9, 4, 2000], 0],
  [[6, 1], 0],
  [[0, 4], 0],
  [[3, 0], 0],
];

describe.each([
  ['sum', tf.sum],
  ['mean', tf.mean],
] as const)('%s', (_, reduce) => {
  test.each(cases)('%j over %j', async (shape, axis) => {
    await expectParity(() => reduce(random(shape), axis));
    await expectParity(() => reduce(random(shape), axis, true));
  });

  test('int32', () => expectParity(() => reduce(tf.cast(tf.mul(random([4, 20]), 50), 'int32'), 0)));
});

// XNNPACK keeps a pixel's channels on a small stack: past its end lies the heap.
test.each([4099, 16_384, 131_072])('rows of %i columns leave the heap as it was', async (columns) => {
  const around = Array.from({ length: 50 }, (_, i) => tf.fill([1000 + 37 * i], i));
  await expectParity(() => tf.sum(random([12, columns]), 0), 1e-5);
  await tf.setBackend('wasm');
  for (const [i, t] of around.entries()) expect((await t.data()).every((value) => value === i)).toBe(true);
  tf.dispose(around);
});
