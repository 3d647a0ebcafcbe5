/** What every engine of this package is held to: the seam's kernels against the oracles, and against cpu. */
import { avgPoolGrad, batchNormTraining, maxPoolGrad, similarityConv2d } from '@neusim/core';
import { checkGradients, convolutionCases, randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

/** Declares the tests; `start` makes an engine the current tfjs backend, and gives its name. */
export function seamSuite(start: () => Promise<string>): void {
  let engine = '';
  beforeAll(async () => {
    engine = await start();
  });

  test.each(convolutionCases.map((c) => [c.name, c] as const))('%s', async (_, testCase) => {
    await tf.setBackend(engine);
    await checkGradients(similarityConv2d as never, testCase);
  });

  test.each([[[7, 3]], [[1, 3]], [[2, 5, 4, 3]], [[2, 3, 4, 5, 2]]])('batch norm of %j', async (shape) => {
    const [x, dy] = [1, 2].map((seed) => randomUniform(shape, seed));
    const channels = shape.slice(-1);
    await expectParity(engine, () => {
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
    await expectParity(engine, () => {
      // Multiples of 1/2, so that there are ties.
      const x = tf.div(tf.round(tf.mul(toTensor(randomUniform([...shape], 1)), 3)), 2) as tf.Tensor4D;
      const y = tf.maxPool(x, attrs.filterSize, attrs.strides, pad);
      const dy = toTensor<tf.Rank.R4>(randomUniform(y.shape, 2));
      return [maxPoolGrad(dy, x, attrs), avgPoolGrad(dy, [...shape], attrs)];
    });
  });

  test('gradient of ReLU, of nothing too', () =>
    expectParity(engine, () => {
      const [x, dy] = [1, 2].map((seed) => toTensor(randomUniform([2, 3, 5], seed))) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const none = tf.zeros([0, 3]);
      return [tf.grad((t) => tf.relu(t))(x, dy), tf.grad((t) => tf.relu(t))(none, none)];
    }));

  test('pooling an empty batch', () =>
    expectParity(engine, () => [
      maxPoolGrad(tf.zeros([0, 2, 2, 3]), tf.zeros([0, 4, 4, 3]), {
        filterSize: 2,
        strides: 2,
        pad: 'valid',
      }),
    ]));
}

/** Holds what `compute` gives on the engine to what it gives on cpu. */
async function expectParity(engine: string, compute: () => tf.Tensor[]): Promise<void> {
  const valuesOn = async (backend: string) => {
    await tf.setBackend(backend);
    const results = tf.tidy(compute);
    const values = await Promise.all(results.map(async (t) => ({ shape: t.shape, data: await t.data() })));
    tf.dispose(results);
    return values;
  };
  const expected = await valuesOn('cpu');
  const before = tf.memory().numTensors;
  const actual = await valuesOn(engine);
  expect(tf.memory().numTensors).toBe(before);
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [i, { data }] of actual.entries())
    expect(relativeError(data, expected[i]?.data as Float32Array)).toBeLessThan(5e-6);
}
