/**
 * Second order through a whole small network: similarity convolution with m, batch norm, max and average pooling,
 * cross-entropy. Its exact gradient is written in float64 from the oracles; central differences of that along a
 * direction give the Hessian-vector products that tfjs must reach by differentiating twice.
 */

import {
  avgPoolForward,
  avgPoolGradient,
  batchNormForward,
  batchNormGradients,
  convolutionForward,
  convolutionGradients,
  crossEntropyGradients,
  maxPoolForward,
  maxPoolGradient,
  type NdArray,
  ndArray,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { batchNormTraining } from './batch-norm';
import { softmaxCrossEntropy } from './cross-entropy';
import { logSoftmax } from './log-softmax';
import { similarityConv2d } from './similarity-conv2d';

const conv = { strides: [1, 1], pad: 'same', dilations: [1, 1] } as const;
const max = { window: [3, 2], strides: [2, 2], pad: 'same' } as const;
const average = { window: [2, 2], strides: [1, 2], pad: 'valid' } as const;
const loss = { labelSmoothing: 0.1, epsilon: 1e-4 };
const epsilon = 1e-3;

interface Point {
  readonly x: NdArray;
  readonly w: NdArray;
  readonly m: NdArray;
  readonly gamma: NdArray;
  readonly beta: NdArray;
}

const names = ['x', 'w', 'm', 'gamma', 'beta'] as const;
const batch = 3;
const classes = 4;

function point(form: 'diagonal' | 'full', seed: number): Point {
  const m = form === 'full' ? [batch, 6, 4, 9, 9] : [batch, 6, 4, 9];
  return {
    x: randomUniform([batch, 6, 4, 2], seed),
    w: randomUniform([3, 3, 2, classes], seed + 1),
    m: randomUniform(m, seed + 2),
    gamma: ndArray([classes], [0.7, 1.1, -0.6, 1.4]),
    beta: ndArray([classes], [0.1, -0.2, 0.3, 0]),
  };
}

const labels = ndArray([batch, classes], [1, 0, 0, 0, 0, 0.3, 0.7, 0, 0, 0, 0, 1]);

/** Gradient of the loss in float64, an array for each of `names`. */
function exactGradient({ x, w, m, gamma, beta }: Point): NdArray[] {
  const y = convolutionForward({ x, w, m, dy: null } as never, conv);
  const { y: normed } = batchNormForward(y, gamma, beta, epsilon);
  const pooled = maxPoolForward(normed, max);
  const averaged = avgPoolForward(pooled, average);
  const positions = (averaged.shape[1] as number) * (averaged.shape[2] as number);
  const logits = ndArray([batch, classes]);
  averaged.data.forEach((value, i) => {
    const image = Math.floor(i / (positions * classes));
    logits.data[image * classes + (i % classes)]! += value;
  });
  const { dlogits } = crossEntropyGradients(labels, logits, loss);
  const daveraged = ndArray(averaged.shape);
  daveraged.data.forEach((_, i) => {
    const image = Math.floor(i / (positions * classes));
    daveraged.data[i] = dlogits.data[image * classes + (i % classes)]!;
  });
  const dpooled = avgPoolGradient(pooled, daveraged, average);
  const dnormed = maxPoolGradient(normed, dpooled, max);
  const { dx: dy, dgamma, dbeta } = batchNormGradients(y, gamma, epsilon, dnormed);
  const { dx, dw, dm } = convolutionGradients({ x, w, m, dy }, conv);
  return [dx, dw, dm as NdArray, dgamma, dbeta];
}

function network(...[x, w, m, gamma, beta]: tf.Tensor[]): tf.Scalar {
  const y = similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m as tf.Tensor, conv as never);
  const normed = batchNormTraining(y, gamma as tf.Tensor1D, beta as tf.Tensor1D, epsilon).y;
  const pooled = tf.maxPool(normed as tf.Tensor4D, [3, 2], 2, 'same');
  const averaged = tf.avgPool(pooled, 2, [1, 2], 'valid');
  const logits = tf.sum(averaged, [1, 2]) as tf.Tensor2D;
  return softmaxCrossEntropy(toTensor(labels) as tf.Tensor2D, logits, loss);
}

function moved(from: Point, direction: Point, step: number): Point {
  const entries = names.map((name) => {
    const data = from[name].data.map((value, i) => value + step * direction[name].data[i]!);
    return [name, ndArray(from[name].shape, data)];
  });
  return Object.fromEntries(entries) as unknown as Point;
}

onEachEngine('second order of a network', () => {
  test.each(['diagonal', 'full'] as const)('%s m: first order and Hessian-vector product', async (form) => {
    const here = point(form, 3);
    const direction = point(form, 30);
    const inputs = names.map((name) => toTensor(here[name]));
    const directions = names.map((name) => toTensor(direction[name]));
    const before = tf.memory().numTensors;
    const first = tf.grads(network)(inputs);
    const second = tf.grads((...args: tf.Tensor[]) =>
      tf.addN(
        tf
          .grads(network)(args)
          .map((g, i) => tf.sum(tf.mul(g, directions[i] as tf.Tensor))),
      ),
    )(inputs);
    expect(tf.memory().numTensors - before).toBe(2 * names.length);

    const exact = exactGradient(here);
    const step = 1e-5;
    const above = exactGradient(moved(here, direction, step));
    const below = exactGradient(moved(here, direction, -step));
    for (const [i, name] of names.entries()) {
      expect(relativeError(await first[i]!.data(), exact[i]!.data), `first order by ${name}`).toBeLessThan(
        2e-5,
      );
      const expected = above[i]!.data.map((value, k) => (value - below[i]!.data[k]!) / (2 * step));
      expect(relativeError(await second[i]!.data(), expected), `second order by ${name}`).toBeLessThan(5e-5);
    }
  });

  test.each([
    { strides: [1, 1], pad: 'same' },
    { strides: [2, 1], pad: 'valid' },
  ] as const)('a convolution of tfjs itself has the slopes of ours: %o', async ({ strides, pad }) => {
    const [x, w] = [toTensor(randomUniform([2, 6, 5, 2], 7)), toTensor(randomUniform([3, 2, 2, 3], 8))];
    const stock = (...[a, b]: tf.Tensor[]) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [...strides], pad);
    const ours = (...[a, b]: tf.Tensor[]) =>
      similarityConv2d(a as tf.Tensor4D, b as tf.Tensor4D, null, { strides, pad });
    const slopes = (conv: typeof stock) => {
      const cubed = (...args: tf.Tensor[]) => tf.sum(tf.mul(tf.square(conv(...args)), conv(...args)));
      const first = (...args: tf.Tensor[]) =>
        tf.addN(
          tf
            .grads(cubed)(args)
            .map((g) => tf.sum(tf.square(g))),
        );
      return tf.tidy(() => tf.grads(first)([x, w]));
    };
    const [met, wanted] = [slopes(stock), slopes(ours)];
    for (const i of [0, 1])
      expect(relativeError(await met[i]!.data(), await wanted[i]!.data())).toBeLessThan(5e-5);
    tf.dispose([x, w, ...met, ...wanted]);
  });

  test.each([
    ['exp', (x: tf.Tensor) => tf.exp(x)],
    ['tanh', (x: tf.Tensor) => tf.tanh(x)],
    ['sigmoid', (x: tf.Tensor) => tf.sigmoid(x)],
    ['softmax', (x: tf.Tensor) => tf.softmax(x)],
    ['logSoftmax', (x: tf.Tensor) => logSoftmax(x)],
    [
      'the cube of leakyRelu',
      (x: tf.Tensor) => tf.mul(tf.square(tf.leakyRelu(x, 0.1)), tf.leakyRelu(x, 0.1)),
    ],
  ])('%s is right to the third order', async (_, op) => {
    const x = randomUniform([3, 4], 5);
    const weights = toTensor(randomUniform([3, 4], 6));
    const scalar = (t: tf.Tensor) => tf.sum(tf.mul(op(t), weights)) as tf.Scalar;
    const derivative = (f: (t: tf.Tensor) => tf.Tensor) => (t: tf.Tensor) =>
      tf.sum(tf.mul(tf.grad(f)(t), tf.square(weights)));
    const orders = [scalar, derivative(scalar), derivative(derivative(scalar))];
    for (const f of orders) {
      const gradient = await tf.grad(f)(toTensor(x)).data();
      const step = 1e-2;
      const at = async (i: number, h: number) => {
        const moved = { shape: x.shape, data: x.data.map((v, k) => (k === i ? v + h : v)) };
        return (await f(toTensor(moved)).data())[0]!;
      };
      const differences: number[] = [];
      for (const i of x.data.keys()) {
        const [a, b, d, e] = [
          await at(i, -2 * step),
          await at(i, -step),
          await at(i, step),
          await at(i, 2 * step),
        ];
        differences.push((8 * (d - b) - (e - a)) / (12 * step));
      }
      expect(relativeError(gradient, differences)).toBeLessThan(1e-3);
    }
  });
});
