/** The real tfjs-node, where it is installed: the seam, a network and its training held to the oracles. */
import core, {
  avgPoolGrad,
  BatchNorm,
  batchNormTraining,
  loadModel,
  maxPoolGrad,
  neuralSimilarity,
  similarityConv2d,
  startBackend,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  type ConvolutionCase,
  checkGradients,
  checkLayer,
  convolutionCases,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { thisMachine } from './host';
import plugin, { node } from './index';

const registry = createRegistry(core, plugin);
const installed = thisMachine.resolve('@tensorflow/tfjs-node') !== null;

describe.skipIf(!installed)('on tfjs-node', () => {
  beforeAll(async () => {
    await startBackend(registry, 'cpu');
    await startBackend(registry, 'node');
  });

  test('the probe says what runs', async () => {
    expect(await node.probe()).toMatchObject({
      available: true,
      adapter: expect.stringMatching(/^libtensorflow 2\./),
    });
    expect(tf.getBackend()).toBe('node');
  });

  test.each(convolutionCases.map((c) => [c.name, c] as const))('%s', async (_, testCase) => {
    await checkGradients(similarityConv2d as never, testCase);
  });

  test.each([[[1, 250, 300, 25]], [[1, 250, 1, 25]], [[1, 1, 300, 25, 25]]])(
    'runs of rows of one image, m %j',
    async (m) => {
      const options = { strides: [2, 1], pad: 'same', dilations: [1, 2] } as const;
      const testCase: ConvolutionCase = { name: 'large', x: [1, 500, 300, 6], w: [5, 5, 6, 1], m, options };
      await checkGradients(similarityConv2d as never, testCase, { order: 1 });
    },
  );

  test.each([registry.make('similarity', 'inner-product'), registry.make('similarity', 'static-uns')])(
    'the layer with $name',
    async (similarity) => {
      const layer = (x: tfl.SymbolicTensor, options: object) =>
        neuralSimilarity(x, { filters: 2, kernelSize: 3, ...options, similarity });
      await checkLayer({ layer, inputShape: [5, 4, 2], load: (saved) => loadModel(registry, saved) });
    },
  );

  test.each([[[7, 3]], [[1, 3]], [[2, 5, 4, 3]], [[2, 3, 4, 5, 2]]])('batch norm of %j', async (shape) => {
    const [x, dy] = [1, 2].map((seed) => randomUniform(shape, seed));
    const channels = shape.slice(-1);
    await expectParity(() => {
      const [gamma, beta] = [3, 4].map((seed) => toTensor(randomUniform(channels, seed)));
      const run = (...a: tf.Tensor[]) =>
        batchNormTraining(a[0] as tf.Tensor, a[1] as tf.Tensor1D, a[2] as tf.Tensor1D);
      const args = [toTensor(x!), gamma, beta] as tf.Tensor[];
      const { y, mean, variance } = run(...args);
      return [y, mean, variance, ...tf.grads((...a) => run(...a).y)(args, toTensor(dy!))];
    });
  });

  test.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [[3, 2], [2, 1], 'same'],
    [[2, 3], [3, 2], 'valid'],
  ] as const)('gradients of pooling %j, strides %j, pad %s', async (filterSize, strides, pad) => {
    const attrs = { filterSize, strides, pad } as Parameters<typeof maxPoolGrad>[2];
    const shape = [2, 7, 6, 3] as const;
    await expectParity(() => {
      // Multiples of 1/2, so that there are ties.
      const x = tf.div(tf.round(tf.mul(toTensor(randomUniform([...shape], 1)), 3)), 2) as tf.Tensor4D;
      const y = tf.maxPool(x, attrs.filterSize, attrs.strides, pad);
      const dy = toTensor<tf.Rank.R4>(randomUniform(y.shape, 2));
      return [maxPoolGrad(dy, x, attrs), avgPoolGrad(dy, [...shape], attrs)];
    });
  });

  test('a training step leaves nothing behind', async () => {
    const layer = new BatchNorm();
    const x = toTensor(randomUniform([8, 6, 6, 3], 1));
    const run = () =>
      tf.tidy(() => {
        const w = toTensor<tf.Rank.R4>(randomUniform([3, 3, 3, 4], 2));
        const m = toTensor(randomUniform([8, 6, 6, 9], 3));
        const loss = (a: tf.Tensor, b: tf.Tensor) => {
          const y = similarityConv2d(a as tf.Tensor4D, b as tf.Tensor4D, m, { pad: 'same' });
          return tf.mean(tf.square(layer.apply(y, { training: true }) as tf.Tensor));
        };
        return tf
          .grads(loss)([x, w])
          .map((gradient) => tf.norm(gradient).dataSync()[0]);
      });
    const first = run();
    const before = [tf.memory().numTensors, tf.engine().backend.numDataIds()];
    for (let step = 0; step < 3; step++) expect(run()).toEqual(first);
    expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual(before);
  });
});

/** Holds what `compute` gives on libtensorflow to what it gives on cpu. */
async function expectParity(compute: () => tf.Tensor[]): Promise<void> {
  const valuesOn = async (backend: string) => {
    await tf.setBackend(backend);
    const results = tf.tidy(compute);
    const values = await Promise.all(results.map(async (t) => ({ shape: t.shape, data: await t.data() })));
    tf.dispose(results);
    return values;
  };
  const expected = await valuesOn('cpu');
  const actual = await valuesOn('node');
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [i, { data }] of actual.entries())
    expect(relativeError(data, expected[i]?.data as Float32Array)).toBeLessThan(5e-6);
}
