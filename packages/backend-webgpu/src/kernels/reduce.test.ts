import { SQUARED_NORM, squaredNorm } from '@neusim/core';
import { ndArray, randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { dispatched, expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

const cases: [number[], number[] | undefined][] = [
  [[7], [0]],
  [[1], [0]],
  [[5, 3], [0]],
  [[5, 3], [1]],
  [[40, 13], [0]],
  [[40, 64], [0]],
  [[3, 300], [1]],
  [
    [4, 7, 5, 6],
    [1, 2],
  ],
  [[4, 70, 5, 6], [1]],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 3],
  ],
  [
    [2, 1, 4, 1, 5],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 3, 2, 5],
    [1, 3, 5],
  ],
  [[2, 3, 2, 3, 2, 5], undefined],
  [[66_000, 2], [1]],
  [[33_000, 3, 2], [1]],
  [[50_001], [0]],
];

test.each(cases)('sum and mean of [%j] over %j', async (shape, axes) => {
  const x = randomUniform(shape, 1, 0.5, 1);
  for (const keepDims of [false, true])
    for (const op of [tf.sum, tf.mean] as const) {
      const t = toTensor(x);
      const y = op(t, axes, keepDims);
      const kept = shape.map((n, i) => (axes && !axes.includes(i) ? n : 1));
      const wanted = ndArray(kept);
      const strides = tf.util.computeStrides(kept).concat(1);
      x.data.forEach((value, i) => {
        const at = tf.util
          .indexToLoc(i, shape.length, tf.util.computeStrides(shape))
          .reduce((sum, place, axis) => sum + (kept[axis] === 1 ? 0 : place * strides[axis]!), 0);
        wanted.data[at]! += value / (op === tf.mean ? x.data.length / wanted.data.length : 1);
      });
      expect(y.shape).toEqual(keepDims ? kept : shape.filter((_, i) => axes && !axes.includes(i)));
      expect(relativeError(await y.data(), wanted.data)).toBeLessThan(1e-6);
      tf.dispose([t, y]);
    }
});

test.each(['int32', 'bool'] as const)('sums of %s', async (dtype) => {
  const whole = (shape: number[]) => tf.cast(tf.mul(random(shape), dtype === 'bool' ? 2 : 50), dtype);
  for (const axis of [0, 1, 2, [0, 2], undefined])
    await expectParity(() => [tf.sum(whole([4, 5, 3]), axis), tf.mean(whole([4, 5, 3]), axis)]);
  await expectParity(() => tf.sum(tf.tensor1d([2 ** 24, 1, 1, 1], 'int32')));
});

test('sums of empty tensors', async () => {
  for (const axis of [0, 1, undefined]) await expectParity(() => tf.sum(tf.zeros([0, 3]), axis));
  expect([...(await tf.mean(tf.zeros([0, 2]), 0).data())]).toEqual([0, 0]);
});

test('a bias gradient, [6000,10] over 0: read once, not turned', () => {
  const [x] = [random([6000, 10])];
  const before = tf.memory().numTensors;
  expect(dispatched(() => tf.sum(x, 0).dispose())).toEqual(['Sum', 'Sum']);
  expect(tf.memory().numTensors).toBe(before);
});

test.each([[[2, 3, 1]], [[5, 4, 3]], [[7, 64]], [[3, 130]], [[0, 3]]])(
  'squared norms of [%j]',
  async (shape) => {
    for (const scale of [1, 0.25]) {
      const names = await expectParity(() => squaredNorm(random(shape), scale));
      expect(names).toEqual(shape[0] === 0 ? [] : [SQUARED_NORM]);
    }
  },
);
