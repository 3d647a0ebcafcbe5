import { heapBytes } from '@neusim/backend-wasm';
import { similarityConv2d, softmaxCrossEntropy } from '@neusim/core';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { authorsDns } from './baselines/authors';
import { type EngineName, type Engines, startEngines } from './engines';
import { nsnCifar } from './suites/cifar';
import { workload } from './training-step';
import { vggLike } from './vgg';

let engines: Engines;
beforeAll(async () => {
  engines = await startEngines();
});

async function gradientsOn(engine: EngineName, compute: () => tf.Tensor[]): Promise<number[]> {
  engines.use(engine);
  const grads = compute();
  const values = (await Promise.all(grads.map((grad) => grad.data()))).flatMap((each) => [...each]);
  tf.dispose(grads);
  return values;
}

test('the VGG-like network has the same gradients on every engine', async () => {
  const model = vggLike(8, 3);
  const x = tf.randomUniform([3, 8, 8, 3], -1, 1, 'float32', 1);
  const labels = tf.cast(tf.oneHot(tf.tensor1d([1, 7, 4], 'int32'), 10), 'float32') as tf.Tensor2D;
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const compute = () =>
    tf.tidy(() =>
      Object.values(
        tf.variableGrads(() => softmaxCrossEntropy(labels, model.apply(x) as tf.Tensor2D), variables).grads,
      ),
    );
  const expected = await gradientsOn('neusim', compute);
  for (const engine of ['stock', 'foundation', 'neusim'] as const)
    expect(relativeError(await gradientsOn(engine, compute), expected)).toBeLessThan(1e-5);
});

test.each([
  ['plain', undefined],
  ['diagonal', [2, 6, 5, 9]],
  ['full', [2, 6, 5, 9, 9]],
])('a convolution, m %s: the frozen one agrees', async (_, mShape) => {
  const inputs = [[2, 6, 5, 4], [3, 3, 4, 3], ...(mShape ? [mShape] : [])].map((shape, i) =>
    tf.randomUniform(shape, -1, 1, 'float32', i + 1),
  );
  const compute = () =>
    tf.grads((x, w, m) => similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m ?? null, { pad: 'same' }))(
      inputs,
    );
  const expected = await gradientsOn('neusim', compute);
  expect(relativeError(await gradientsOn('foundation', compute), expected)).toBeLessThan(1e-5);
});

test('dynamic DNS as the authors compute it agrees, on a tape and as a kernel', async () => {
  const inputs = [
    [2, 6, 5, 4],
    [3, 3, 4, 3],
    [2, 6, 5, 9],
  ].map((shape, i) => tf.randomUniform(shape, -1, 1, 'float32', i + 1));
  const grads = (convolve: typeof authorsDns) => () =>
    tf.grads((...[x, w, m]) => convolve(x as tf.Tensor4D, w as tf.Tensor4D, m as tf.Tensor4D))(inputs);
  const ours = grads((x, w, m) => similarityConv2d(x, w, m, { pad: 'same' }));
  const expected = await gradientsOn('neusim', ours);
  expect(relativeError(await gradientsOn('foundation', grads(authorsDns)), expected)).toBeLessThan(1e-5);
  expect(relativeError(await gradientsOn('authors', ours), expected)).toBeLessThan(1e-5);
});

test('the meter sees what a kernel takes besides its output, and nothing stays taken', () => {
  engines.use('neusim');
  const { heap } = engines;
  const a = tf.ones<tf.Rank.R2>([64, 64]);
  const before = heap.live;
  heap.reset();
  tf.dispose(tf.matMul(a, a));
  expect(heap.peak - before).toBeGreaterThan(64 * 64 * 4);
  expect(heap.live).toBe(before);
});

test('dynamic DNS of nsn-cifar trains in an eighth of 2 GiB at an eighth of batch 128', () => {
  engines.use('neusim');
  const net = workload(nsnCifar('dynamic-dns', false).build(), 16);
  net.step();
  net.step();
  net.dispose();
  expect(heapBytes()).toBeLessThan(2 ** 31 / 8);
});
