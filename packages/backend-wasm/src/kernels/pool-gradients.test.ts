import { avgPoolGrad, maxPoolGrad } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

const cases = [
  [
    [2, 2],
    [2, 2],
  ],
  [
    [3, 3],
    [1, 1],
  ],
  [
    [3, 2],
    [2, 1],
  ],
  [
    [2, 3],
    [3, 2],
  ],
].flatMap(([filterSize, strides]) =>
  (['same', 'valid'] as const).map((pad) => ({ filterSize, strides, pad }) as const),
) as { filterSize: [number, number]; strides: [number, number]; pad: 'same' | 'valid' }[];

const shape = [2, 7, 6, 3];

test.each(cases)('$filterSize, strides $strides, pad $pad', async (attrs) => {
  const { filterSize, strides, pad } = attrs;
  const out = () => tf.maxPool(random<tf.Rank.R4>(shape, 1), filterSize, strides, pad).shape;
  // Multiples of 1/2, so that there are ties.
  const x = () => tf.div(tf.round(tf.mul(random(shape, 1), 3)), 2) as tf.Tensor4D;
  const dy = () => random<tf.Rank.R4>(out(), 2);
  await expectParity(() => maxPoolGrad(dy(), x(), attrs));
  await expectParity(() => avgPoolGrad(dy(), shape, attrs));
  await expectParity(() => tf.grad((t) => tf.maxPool(t as tf.Tensor4D, filterSize, strides, pad))(x(), dy()));
  await expectParity(() => tf.grad((t) => tf.avgPool(t as tf.Tensor4D, filterSize, strides, pad))(x(), dy()));
  await tf.setBackend('wasm');
  const inputs = { dy: dy(), input: x(), output: tf.maxPool(x(), filterSize, strides, pad) };
  const run = (kernel: string) => tf.engine().runKernel(kernel, inputs, attrs as never) as tf.Tensor;
  // tfjs-cpu's AvgPoolGrad is wrong at padded edges: the seam's, held to cpu above, is the measure.
  expect(await run('MaxPoolGrad').data()).toEqual(await maxPoolGrad(dy(), x(), attrs).data());
  expect(await run('AvgPoolGrad').data()).toEqual(await avgPoolGrad(dy(), shape, attrs).data());
});

test('an empty batch', () =>
  expectParity(() =>
    maxPoolGrad(tf.zeros([0, 2, 2, 3]), tf.zeros([0, 4, 4, 3]), { filterSize: 2, strides: 2, pad: 'valid' }),
  ));
