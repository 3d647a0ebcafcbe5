import {
  adamRate,
  RELU_GRAD,
  reluGrad,
  sgdRate,
  UPDATE_ADAM,
  UPDATE_SGD,
  updateAdam,
  updateSgd,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

describe.each([[[]], [[1]], [[3, 5]], [[2, 3, 4, 6]], [[1031, 3]], [[0, 3]]])('[%j]', (shape) => {
  const ran = (name: string) => (shape.includes(0) ? [] : [name]);

  test.each([false, true])('sgd, nesterov %j', async (nesterov) => {
    const attrs = { rateScale: 0.5, momentum: 0.9, nesterov, l2: 0.1 };
    const names = await expectParity(() => {
      const rate = tf.tensor1d(sgdRate(0.05));
      return Object.values(updateSgd(random(shape, 1), random(shape, 2), random(shape, 3), rate, attrs));
    });
    expect(names).toEqual(ran(UPDATE_SGD));
  });

  test('adam', async () => {
    const attrs = { rateScale: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, l2: 0.01 };
    const names = await expectParity(() => {
      const rate = tf.tensor1d(adamRate(0.1, 3, attrs));
      const second = tf.square(random(shape, 4));
      return Object.values(
        updateAdam(random(shape, 1), random(shape, 2), random(shape, 3), second, rate, attrs),
      );
    });
    expect(names.filter((name) => name.startsWith('Neusim'))).toEqual(ran(UPDATE_ADAM));
  });

  test("ReLU's gradient", async () => {
    expect(await expectParity(() => reluGrad(random(shape, 1), random(shape, 2)))).toEqual(ran(RELU_GRAD));
  });
});

test("ReLU's gradient at NaN, and of integers", async () => {
  await expectParity(() => reluGrad(tf.tensor1d([1, 2]), tf.tensor1d([Number.NaN, 1])));
  await expectParity(() => reluGrad(tf.tensor1d([1, 2, 3]), tf.tensor1d([-1, 0, 5], 'int32')));
});

test('casts write what they say', async () => {
  const integers = () => tf.tensor1d([-3, 0, 7], 'int32');
  expect(await expectParity(() => tf.cast(integers(), 'float32'))).toEqual(['Cast']);
  expect(await expectParity(() => tf.cast(tf.tensor1d([1, 0], 'bool'), 'float32'))).toEqual(['Cast']);
  await expectParity(() => [
    tf.cast(tf.tensor1d([1.5, -2.5]), 'int32'),
    tf.cast(tf.zeros([0, 2], 'int32'), 'float32'),
  ]);
});
