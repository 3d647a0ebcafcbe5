import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { heapBytes } from '../index';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

const flags = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

describe.each(flags)('transposed %s, %s', (transposeA, transposeB) => {
  test.each([
    [[], [], 5, 3, 4],
    [[1], [1], 1, 1, 1],
    [[3], [3], 5, 3, 4],
    [[3], [3], 40, 30, 50],
    [[4], [1], 5, 6, 3],
    [[1], [4], 5, 6, 3],
    [[1], [3], 40, 30, 50],
    [[2, 3], [2, 3], 2, 70, 3],
    [[2], [], 4, 2, 5],
    [[], [2], 4, 2, 5],
    [[0], [0], 4, 2, 5],
    [[], [], 0, 3, 2],
  ])('batches %j and %j of %i×%i times ×%i', (batchA, batchB, rows, inner, columns) =>
    expectParity(() => {
      const a = random([...batchA, ...(transposeA ? [inner, rows] : [rows, inner])], 1);
      const b = random([...batchB, ...(transposeB ? [columns, inner] : [inner, columns])], 2);
      return tf.matMul(a, b, transposeA, transposeB);
    }, 1e-5),
  );
});

// Not against cpu, which gives too few values here.
test('both batches broadcast', async () => {
  const [a, b] = [random([2, 1, 4, 2], 1), random([1, 3, 2, 5], 2)];
  const whole = (x: tf.Tensor) => tf.broadcastTo(x, [2, 3, ...x.shape.slice(2)]);
  expect(await tf.matMul(a, b).data()).toEqual(await tf.matMul(whole(a), whole(b)).data());
});

test.each(flags)('times a vector, transposed %s, %s', async (transposeA, transposeB) => {
  await expectParity(() => {
    const a = random([3, ...(transposeA ? [70, 9] : [9, 70])], 1);
    const b = random([3, ...(transposeB ? [1, 70] : [70, 1])], 2);
    return tf.matMul(a, b, transposeA, transposeB);
  });
});

test('long sums, without panels that are mostly empty', async () => {
  const a = random<tf.Rank.R1>([100_003], 1);
  const sum = Array.from(await a.data()).reduce((total, value) => total + value * value, 0);
  const before = heapBytes();
  const [dot] = await tf.dot(a, a).data();
  expect(dot).toBeCloseTo(sum, 1);
  expect(heapBytes()).toBe(before);
});

test('whole numbers, and biases of a row, are left to tfjs', () => {
  const whole = tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32');
  expect(() => tf.matMul(whole, whole)).toThrow(/float32/);
  const [a, b] = [random<tf.Rank.R2>([3, 4], 1), random<tf.Rank.R2>([4, 3], 2)];
  expect(() => tf.fused.matMul({ a, b, bias: random([3, 1], 3) })).toThrow();
});
