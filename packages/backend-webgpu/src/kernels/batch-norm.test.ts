import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD, batchNormTraining } from '@neusim/core';
import {
  batchNormForward,
  batchNormGradients,
  ndArray,
  randomNormal,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { dispatched, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

const epsilon = 1e-3;
const norm = (...[x, gamma, beta]: tf.Tensor[]) =>
  batchNormTraining(x as tf.Tensor, gamma as tf.Tensor1D, beta as tf.Tensor1D, epsilon);

test.each([
  { shape: [1, 1], chunks: 1 },
  { shape: [7], chunks: 1 },
  { shape: [5, 3], chunks: 1 },
  { shape: [3, 5, 7, 64], chunks: 1 },
  { shape: [2, 3, 2, 5, 13], chunks: 1 },
  { shape: [33, 129], chunks: 2 },
  { shape: [50, 20, 64], chunks: 8 },
  { shape: [100_000, 1], chunks: 49 },
  { shape: [30_011, 3], chunks: 59 },
])('[$shape]: values and gradients, with $chunks chunks', async ({ shape, chunks }) => {
  const channels = shape.at(-1) as number;
  const x = randomNormal(shape, 1, 3, 2);
  const dy = randomUniform(shape, 2);
  const [gamma, beta] = [randomUniform([channels], 3), randomUniform([channels], 4)];
  const inputs = [x, gamma, beta].map((array) => toTensor(array));
  const tdy = toTensor(dy);
  const before = tf.memory().numTensors;
  let results: tf.Tensor[] = [];
  let grads: tf.Tensor[] = [];
  const forward = dispatched(() => {
    results = tf.tidy(() => Object.values(norm(...inputs)));
  });
  const both = dispatched(() => {
    grads = tf.grads((...args: tf.Tensor[]) => norm(...args).y)(inputs, tdy);
  });
  expect(tf.memory().numTensors - before).toBe(6);
  const reductions = chunks === 1 ? 1 : 2;
  expect(forward).toEqual(Array(reductions + 1).fill(BATCH_NORM_TRAINING));
  expect(both.filter((name) => name === BATCH_NORM_TRAINING_GRAD)).toHaveLength(reductions + 1);

  const exact = batchNormForward(x, gamma, beta, epsilon);
  const exactGrads = batchNormGradients(x, gamma, epsilon, dy);
  for (const [i, name] of (['y', 'mean', 'variance'] as const).entries()) {
    expect(results[i]!.shape).toEqual(exact[name].shape);
    expect(relativeError(await results[i]!.data(), exact[name].data), name).toBeLessThan(3e-6);
  }
  for (const [i, name] of (['dx', 'dgamma', 'dbeta'] as const).entries())
    expect(relativeError(await grads[i]!.data(), exactGrads[name].data), name).toBeLessThan(1e-5);
  tf.dispose([...results, ...grads, ...inputs, tdy]);
});

test('a mean of 1000 deviations costs no precision', async () => {
  const x = randomNormal([4096, 5], 1, 1000, 1);
  const ones = ndArray([5], [1, 1, 1, 1, 1]);
  const { variance } = norm(toTensor(x), toTensor(ones), toTensor(ones));
  const exact = batchNormForward(x, ones, ones, epsilon);
  expect(relativeError(await variance.data(), exact.variance.data)).toBeLessThan(1e-4);
});

test('a batch of none', async () => {
  const inputs = [tf.zeros([0, 3]), tf.ones([3]), tf.ones([3])];
  const { y, mean, variance } = norm(...inputs);
  expect(await y.data()).toHaveLength(0);
  expect([...(await mean.data()), ...(await variance.data())]).toEqual([0, 0, 0, 0, 0, 0]);
  const [dx, dgamma] = tf.grads((...args: tf.Tensor[]) => norm(...args).y)(inputs, tf.zeros([0, 3]));
  expect(await dx!.data()).toHaveLength(0);
  expect([...(await dgamma!.data())]).toEqual([0, 0, 0]);
});
