import { centralDifference, randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { squaredNorm } from './squared-norm';

const shape = [2, 3, 5];
const x = randomUniform(shape, 1);
const dy = randomUniform([2, 3, 1], 2);
const v = randomUniform(shape, 3);

const norms = (values: ArrayLike<number>, scale: number) =>
  Array.from({ length: 6 }, (_, row) =>
    Array.from({ length: 5 }, (_, c) => (scale * (values[5 * row + c] as number)) ** 2).reduce(
      (a, b) => a + b,
    ),
  );

onEachEngine('squared norms', () => {
  test.each([1, 0.25])('forward, of x times %f', async (scale) => {
    const y = squaredNorm(toTensor(x), scale);
    expect(y.shape).toEqual([2, 3, 1]);
    expect(relativeError(await y.data(), norms(x.data, scale))).toBeLessThan(1e-6);
  });

  test('of values whose squares no float32 holds', async () => {
    const y = squaredNorm(tf.fill([2, 9], 1e20), 2 ** -16);
    expect(
      relativeError(
        await y.data(),
        [1, 1].map(() => 9 * (1e20 * 2 ** -16) ** 2),
      ),
    ).toBeLessThan(1e-6);
  });

  test.each([1, 0.25])('gradient, and the gradient of that, of x times %f', async (scale) => {
    const gradient = tf.grad((t: tf.Tensor) => tf.sum(tf.mul(squaredNorm(t, scale), toTensor(dy))));
    const loss = (values: ArrayLike<number>) =>
      norms(values, scale).reduce((sum, norm, i) => sum + (dy.data[i] as number) * norm, 0);
    const expected = centralDifference(loss, x.data);
    expect(relativeError(await gradient(toTensor(x)).data(), expected)).toBeLessThan(1e-5);
    const along = tf.grad((t: tf.Tensor) => tf.sum(tf.mul(gradient(t), toTensor(v))));
    const second = Array.from(
      v.data,
      (value, i) => 2 * scale ** 2 * value * (dy.data[Math.floor(i / 5)] as number),
    );
    expect(relativeError(await along(toTensor(x)).data(), second)).toBeLessThan(1e-5);
  });
});
