import {
  LOG_SOFTMAX,
  logSoftmax,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRAD,
  softmaxCrossEntropy,
} from '@neusim/core';
import {
  crossEntropyForward,
  crossEntropyGradients,
  ndArray,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dispatched, expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

describe.each([
  [1, 1],
  [3, 5],
  [130, 10],
  [5, 1000],
  [700, 33],
  [2, 9001],
])('[%i,%i]', (batch, classes) => {
  const logits = randomUniform([batch, classes], 1, -5, 5);
  const labels = randomUniform([batch, classes], 2);
  const hot = ndArray([batch, classes]);
  for (let row = 0; row < batch; row++) hot.data[row * classes + ((7 * row) % classes)] = 1;

  test.each([{}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.01, epsilon: 1e-4 }])('%j', async (options) => {
    for (const target of [hot, labels]) {
      const [t, z] = [target, logits].map((array) => toTensor(array)) as [tf.Tensor2D, tf.Tensor2D];
      const before = tf.memory().numTensors;
      let loss = z as tf.Tensor;
      let dlogits = z as tf.Tensor;
      const names = dispatched(() => {
        loss = softmaxCrossEntropy(t, z, options);
      });
      const both = dispatched(() => {
        dlogits = tf.grad((each: tf.Tensor) => softmaxCrossEntropy(t, each as tf.Tensor2D, options))(z);
      });
      expect(tf.memory().numTensors - before).toBe(2);
      expect(names).toEqual(Array(batch * classes > 16384 ? 2 : 1).fill(SOFTMAX_CROSS_ENTROPY));
      expect(both.filter((name) => name === SOFTMAX_CROSS_ENTROPY_GRAD)).toHaveLength(1);
      const wanted = crossEntropyForward(target, logits, options);
      const scale = target.data.reduce((sum, value) => sum + Math.abs(value), 0) / batch;
      expect(Math.abs((await loss.data())[0]! - wanted)).toBeLessThan(1e-6 * Math.max(1, scale * 10));
      const exact = crossEntropyGradients(target, logits, options).dlogits;
      if (classes > 1) expect(relativeError(await dlogits.data(), exact.data)).toBeLessThan(1e-5);
      tf.dispose([t, z, loss, dlogits]);
    }
  });
});

test('integer labels, infinite and huge logits, no row', async () => {
  const whole = () => tf.oneHot(tf.tensor1d([1, 0], 'int32'), 3) as tf.Tensor2D;
  await expectParity(() => softmaxCrossEntropy(whole(), random([2, 3])));
  await expectParity(() => softmaxCrossEntropy(tf.cast(whole(), 'float32'), random([2, 3])));
  const far = () => tf.tensor2d([200, 0, -200, 1e4, 1e4, 0], [2, 3]);
  await expectParity(() => softmaxCrossEntropy(whole(), far()));
  await expectParity(() => tf.grad((z: tf.Tensor) => softmaxCrossEntropy(whole(), z as tf.Tensor2D))(far()));
  const none = tf.zeros([0, 3]) as tf.Tensor2D;
  expect([...(await softmaxCrossEntropy(none, none).data())]).toEqual([0]);
  const broken = tf.tensor2d([Number.NaN, 0, 0, 1, 2, 3], [2, 3]);
  expect([...(await softmaxCrossEntropy(whole(), broken).data())]).toEqual([Number.NaN]);
});

test.each([[[5]], [[3, 1]], [[4, 10]], [[2, 3, 700]], [[0, 3]]])('log-softmax of [%j]', async (shape) => {
  const names = await expectParity(() => logSoftmax(random(shape)));
  expect(names.filter((name) => name !== LOG_SOFTMAX)).toEqual([]);
  await expectParity(() => tf.grad((z: tf.Tensor) => tf.sum(tf.square(logSoftmax(z))))(random(shape)), 1e-5);
});
