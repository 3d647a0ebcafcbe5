import { batchNormTraining, similarityConv2d, softmaxCrossEntropy } from '@neusim/core';
import { relativeError, tolerance } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorsDns } from '../baselines/authors';
import { workDone } from './backend';
import { closeDawn } from './dawn';
import { type GpuEngineName, type GpuEngines, startGpuEngines } from './engines';

let engines: GpuEngines;
const { gradient } = tolerance('webgpu');
const names = ['stock', 'composed', 'authors', 'neusim'] as const;

const random = (shapes: readonly number[][]) =>
  shapes.map((shape, i) => tf.randomUniform(shape, -1, 1, 'float32', i + 1));

/** Of the convolution, and of a small net around it, on one engine. */
async function gradientsOn(engine: GpuEngineName, f: (...xs: tf.Tensor[]) => tf.Tensor, shapes: number[][]) {
  await engines.use(engine);
  const inputs = random(shapes);
  const grads = tf.grads(f)(inputs);
  const values = (await Promise.all(grads.map((grad) => grad.data()))).flatMap((each) => [...each]);
  tf.dispose([...inputs, ...grads]);
  return values;
}

const convolve = (x: tf.Tensor, w: tf.Tensor, m: tf.Tensor | null) =>
  similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m, { pad: 'same' });

describe('the engines that are compared on webgpu', () => {
  beforeAll(async () => {
    engines = await startGpuEngines({ quick: true });
  });
  afterAll(closeDawn);

  test.each([
    ['plain', []],
    ['DNS', [[2, 6, 5, 9]]],
    ['UNS', [[2, 6, 5, 9, 9]]],
  ])('a convolution, %s: its gradients are the same on every engine', async (_, m) => {
    const shapes = [[2, 6, 5, 4], [3, 3, 4, 3], ...m];
    const run = (...[x, w, m]: tf.Tensor[]) => convolve(x as tf.Tensor, w as tf.Tensor, m ?? null);
    const expected = await gradientsOn('neusim', run, shapes);
    const engines = names.filter((name) => m.length === 0 || name !== 'authors' || m[0]?.length === 4);
    for (const engine of engines)
      expect(relativeError(await gradientsOn(engine, run, shapes), expected)).toBeLessThan(gradient);
  });

  test("dynamic DNS as the authors compute it agrees on tfjs's own kernels", async () => {
    const shapes = [
      [2, 6, 5, 4],
      [3, 3, 4, 3],
      [2, 6, 5, 9],
    ];
    const ours = (...[x, w, m]: tf.Tensor[]) => convolve(x as tf.Tensor, w as tf.Tensor, m as tf.Tensor);
    const theirs = (...inputs: tf.Tensor[]) =>
      authorsDns(...(inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]));
    const expected = await gradientsOn('neusim', ours, shapes);
    expect(relativeError(await gradientsOn('stock', theirs, shapes), expected)).toBeLessThan(gradient);
  });

  test('a small network has the same gradients on every engine', async () => {
    const labels = () => tf.cast(tf.oneHot(tf.tensor1d([1, 2], 'int32'), 3), 'float32') as tf.Tensor2D;
    const net = (...[x, w, gamma, score]: tf.Tensor[]) => {
      const { y } = batchNormTraining(
        convolve(x as tf.Tensor, w as tf.Tensor, null),
        gamma as tf.Tensor1D,
        gamma as tf.Tensor1D,
      );
      const pooled = tf.maxPool(tf.relu(y) as tf.Tensor4D, 2, 2, 'valid');
      return softmaxCrossEntropy(labels(), tf.matMul(tf.reshape(pooled, [2, -1]), score as tf.Tensor2D));
    };
    const shapes = [[2, 6, 4, 4], [3, 3, 4, 5], [5], [30, 3]];
    const expected = await gradientsOn('neusim', net, shapes);
    for (const engine of names)
      expect(relativeError(await gradientsOn(engine, net, shapes), expected)).toBeLessThan(gradient);
  });

  test('the meter sees the buffers of an op, and that they are given back', async () => {
    const backend = await engines.use('neusim');
    const meter = engines.meter('neusim');
    const x = tf.ones([64, 64]);
    const run = () => tf.dispose(tf.tidy(() => tf.add(tf.add(x, 1), 1)));
    run();
    await workDone(backend);
    const before = meter.live;
    meter.reset();
    run();
    expect(meter.peak - before).toBeGreaterThanOrEqual(2 * 4 * 64 * 64);
    await workDone(backend);
    expect(meter.live).toBe(before);
  });
});
