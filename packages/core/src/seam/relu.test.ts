import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { reluGrad } from './relu';

const x = [-2, -0, 0, 1e-30, 3, -1, 7];
const dy = [1, 2, 3, 4, 5, 6, -7];

onEachEngine("ReLU's gradient", () => {
  test('dy where x is above 0', async () => {
    expect([...(await reluGrad(tf.tensor1d(dy), tf.tensor1d(x)).data())].map((value) => value + 0)).toEqual([
      0, 0, 0, 4, 5, 0, -7,
    ]);
  });

  test('0 where x is no number; whole numbers', async () => {
    const odd = reluGrad(tf.tensor1d([1, 2]), tf.tensor1d([Number.NaN, 1]));
    expect([...(await odd.data())]).toEqual([0, 2]);
    const whole = reluGrad(tf.tensor1d([1, 2, 3]), tf.tensor1d([-1, 0, 5], 'int32'));
    expect([...(await whole.data())]).toEqual([0, 0, 3]);
  });

  test('is what tf.relu has, to the second order', async () => {
    const [a, b] = [tf.tensor1d(x), tf.tensor1d(dy)];
    const squared = (t: tf.Tensor) => tf.sum(tf.square(tf.relu(t))) as tf.Scalar;
    const first = tf.grad(squared);
    expect([...(await first(a).data())].map((value) => value + 0)).toEqual(
      [0, 0, 0, 2e-30, 6, 0, 14].map(Math.fround),
    );
    const second = tf.grad((t: tf.Tensor) => tf.sum(tf.mul(first(t), b)));
    expect([...(await second(a).data())].map((value) => value + 0)).toEqual([0, 0, 0, 8, 10, 0, -14]);
  });
});
