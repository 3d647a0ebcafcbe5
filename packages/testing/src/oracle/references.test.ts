import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { randomNormal, randomUniform } from '../random';
import { fromTensor, toTensor } from '../tensors';
import { relativeError } from '../tolerance';
import { type NdArray, ndArray } from './array';
import { batchNormForward, batchNormGradients } from './batch-norm';
import { centralDifference } from './central-difference';
import { crossEntropyForward, crossEntropyGradients, softmaxForward } from './cross-entropy';
import { avgPoolForward, avgPoolGradient, maxPoolForward, maxPoolGradient } from './pooling';

const dot = (a: NdArray, b: NdArray) => a.data.reduce((sum, value, i) => sum + value * b.data[i]!, 0);
const like = (array: NdArray, data: Float64Array): NdArray => ({ shape: array.shape, data });

describe.each([
  [[5, 3, 2, 4], 1e-3],
  [[7, 2], 1e-1],
])('batch norm of [%s], epsilon %d', (shape, epsilon) => {
  const channels = shape.at(-1)!;
  const x = randomNormal(shape, 1, 3, 2);
  const gamma = randomUniform([channels], 2);
  const beta = randomUniform([channels], 3);
  const dy = randomNormal(shape, 4);

  test('output has the moments of gamma and beta', () => {
    const { y, mean, variance } = batchNormForward(x, gamma, beta, 0);
    const again = batchNormForward(y, gamma, beta, 0);
    expect(relativeError(again.mean.data, beta.data)).toBeLessThan(1e-12);
    expect(
      relativeError(
        again.variance.data,
        gamma.data.map((g) => g * g),
      ),
    ).toBeLessThan(1e-12);
    expect(mean.data.every((m) => Math.abs(m - 3) < 3)).toBe(true);
    expect(variance.data.every((v) => v > 0)).toBe(true);
  });

  test('gradients against central differences', () => {
    const { dx, dgamma, dbeta } = batchNormGradients(x, gamma, epsilon, dy);
    const loss = (a: NdArray, g: NdArray, b: NdArray) => dot(batchNormForward(a, g, b, epsilon).y, dy);
    const numeric = {
      x: centralDifference((data) => loss(like(x, data), gamma, beta), x.data),
      gamma: centralDifference((data) => loss(x, like(gamma, data), beta), gamma.data),
      beta: centralDifference((data) => loss(x, gamma, like(beta, data)), beta.data),
    };
    expect(relativeError(numeric.x, dx.data)).toBeLessThan(1e-7);
    expect(relativeError(numeric.gamma, dgamma.data)).toBeLessThan(1e-8);
    expect(relativeError(numeric.beta, dbeta.data)).toBeLessThan(1e-8);
  });
});

test('batch norm of an empty batch', () => {
  const x = ndArray([0, 2, 2, 3]);
  const ones = ndArray([3], [1, 1, 1]);
  const { y, variance } = batchNormForward(x, ones, ones, 1e-3);
  expect([y.data.length, ...variance.data]).toEqual([0, 0, 0, 0]);
  const { dx, dgamma } = batchNormGradients(x, ones, 1e-3, x);
  expect([dx.data.length, ...dgamma.data]).toEqual([0, 0, 0, 0]);
});

const pools = [
  { shape: [2, 6, 4, 3], window: [2, 2], strides: [2, 2], pad: 'valid' },
  { shape: [2, 7, 5, 2], window: [3, 2], strides: [2, 1], pad: 'same' },
  { shape: [1, 5, 5, 1], window: [3, 3], strides: [2, 2], pad: 'same' },
  { shape: [0, 4, 4, 2], window: [2, 2], strides: [2, 2], pad: 'valid' },
] as const;

describe.each(pools)('pooling $shape window $window stride $strides $pad', ({ shape, ...options }) => {
  const x = randomNormal(shape, 5);
  const dy = randomNormal(maxPoolForward(x, options).shape, 6);

  test('against tfjs', async () => {
    const tensor = toTensor<tf.Rank.R4>(x);
    const [window, strides] = [[...options.window], [...options.strides]] as [number, number][];
    const stock = [
      tf.maxPool(tensor, window!, strides!, options.pad),
      tf.avgPool(tensor, window!, strides!, options.pad),
    ];
    for (const [i, forward] of [maxPoolForward, avgPoolForward].entries()) {
      const y = forward(x, options);
      expect(stock[i]!.shape).toEqual(y.shape);
      expect(relativeError((await fromTensor(stock[i]!)).data, y.data)).toBeLessThan(1e-6);
    }
  });

  test('gradients against central differences', () => {
    for (const [forward, gradient] of [
      [maxPoolForward, maxPoolGradient],
      [avgPoolForward, avgPoolGradient],
    ] as const) {
      const numeric = centralDifference((data) => dot(forward(like(x, data), options), dy), x.data, 1e-6);
      expect(relativeError(numeric, gradient(x, dy, options).data)).toBeLessThan(1e-8);
    }
  });
});

test('of equal elements the first takes the gradient of max', () => {
  const options = { window: [2, 2], strides: [2, 2], pad: 'valid' } as const;
  const dx = maxPoolGradient(ndArray([1, 2, 2, 1], [1, 4, 4, 4]), ndArray([1, 1, 1, 1], [3]), options);
  expect([...dx.data]).toEqual([0, 3, 0, 0]);
});

describe.each([{}, { labelSmoothing: 0.01, epsilon: 1e-4 }])('cross-entropy %o', (options) => {
  const logits = randomNormal([4, 5], 7, 0, 3);
  const labels = softmaxForward(randomNormal([4, 5], 8));

  test('gradients against central differences', () => {
    const { dlabels, dlogits } = crossEntropyGradients(labels, logits, options);
    const byLogits = centralDifference(
      (data) => crossEntropyForward(labels, like(logits, data), options),
      logits.data,
    );
    const byLabels = centralDifference(
      (data) => crossEntropyForward(like(labels, data), logits, options),
      labels.data,
    );
    expect(relativeError(byLogits, dlogits.data)).toBeLessThan(1e-8);
    expect(relativeError(byLabels, dlabels.data)).toBeLessThan(1e-8);
  });

  test('large logits stay finite', () => {
    const loss = crossEntropyForward(ndArray([1, 3], [0, 1, 0]), ndArray([1, 3], [0, 1000, -1000]), options);
    expect(Math.abs(loss)).toBeLessThan(0.1);
  });
});

test('cross-entropy is log(classes) for equal logits, and 0 for an empty batch', () => {
  expect(crossEntropyForward(ndArray([2, 4], [1, 0, 0, 0, 0, 1, 0, 0]), ndArray([2, 4]))).toBeCloseTo(
    Math.log(4),
    12,
  );
  expect(crossEntropyForward(ndArray([0, 4]), ndArray([0, 4]))).toBe(0);
  expect(crossEntropyGradients(ndArray([0, 4]), ndArray([0, 4])).dlogits.data.length).toBe(0);
});
