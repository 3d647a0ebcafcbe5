import { AVG_POOL_GRAD, MAX_POOL_GATHER, MAX_POOL_GRAD, maxPoolGrad } from '@neusim/core';
import {
  avgPoolForward,
  avgPoolGradient,
  maxPoolForward,
  maxPoolGradient,
  ndArray,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dispatched, expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

const windows = [
  { window: [2, 2], strides: [2, 2] },
  { window: [3, 2], strides: [2, 1] },
  { window: [1, 3], strides: [3, 1] },
  { window: [5, 5], strides: [1, 2] },
] as const;
const cases = windows.flatMap((each) => (['same', 'valid'] as const).map((pad) => ({ ...each, pad })));

describe.each([3, 8])('%i channels', (channels) => {
  test.each(cases)('window $window, strides $strides, pad $pad', async (options) => {
    // Few values, so that maxima are met more than once.
    const few = randomUniform([2, 7, 6, channels], 1, -3, 3);
    const x = ndArray(few.shape, few.data.map(Math.round));
    const dy = randomUniform(maxPoolForward(x, options).shape, 2);
    const u = randomUniform(x.shape, 3);
    const { window, strides, pad } = options;
    for (const [pool, forward, gradient, names] of [
      [tf.maxPool, maxPoolForward, maxPoolGradient, [MAX_POOL_GRAD, MAX_POOL_GATHER]],
      [tf.avgPool, avgPoolForward, avgPoolGradient, [AVG_POOL_GRAD]],
    ] as const) {
      const op = (t: tf.Tensor) => pool(t as tf.Tensor4D, [...window], [...strides], pad);
      const inputs = [x, dy, u].map((array) => toTensor(array)) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [tx, tdy, tu] = inputs;
      const before = tf.memory().numTensors;
      let first = tx;
      let second = tx;
      const y = op(tx);
      const ran = dispatched(() => {
        first = tf.grad(op)(tx, tdy);
        second = tf.grad((d) => tf.sum(tf.mul(tf.grad(op)(tx, d), tu)))(tdy);
      });
      expect(tf.memory().numTensors - before).toBe(3);
      for (const name of names) expect(ran).toContain(name);
      expect(relativeError(await y.data(), forward(x, options).data)).toBeLessThan(1e-6);
      expect(relativeError(await first.data(), gradient(x, dy, options).data)).toBeLessThan(1e-6);
      // <dx, u> is linear in dy: what its gradient gives for dy itself is <dx, u>.
      const gathered = await second.data();
      const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
      expect(inner(gathered, dy.data)).toBeCloseTo(inner(gradient(x, dy, options).data, u.data), 4);
      tf.dispose([...inputs, y, first, second]);
    }
  });
});

test.each([
  { name: 'NaN in the middle', values: [1, 2, Number.NaN, 3, 0, 5] },
  { name: 'NaN first', values: [Number.NaN, 2, 4, 3, 0, 5] },
  { name: 'below -1e20', values: [-1e30, -2e30, -3e30, -1e38, -1e25, -1e26] },
  { name: 'infinite', values: [-1, Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 4, 5] },
])('$name', async ({ values }) => {
  const x = () => tf.tensor4d(values, [1, 2, 3, 1]);
  const attrs = { filterSize: [2, 2], strides: [1, 1], pad: 'valid' } as const;
  await expectParity(() => maxPoolGrad(tf.tensor4d([10, 20], [1, 1, 2, 1]), x(), attrs as never));
  const y = await tf.maxPool(x(), 2, 1, 'valid').data();
  const largest = (...at: number[]) => Math.fround(Math.max(...at.map((i) => values[i]!)));
  expect([...y]).toEqual([largest(0, 1, 3, 4), largest(1, 2, 4, 5)]);
});

test('no image, and integers', async () => {
  const none = () => tf.zeros([0, 4, 4, 2]) as tf.Tensor4D;
  for (const op of [tf.maxPool, tf.avgPool] as const) {
    const pool = (t: tf.Tensor) => op(t as tf.Tensor4D, 2, 2, 'same');
    await expectParity(() => [pool(none()), tf.grad(pool)(none())]);
    await expectParity(() => pool(tf.cast(tf.mul(random([2, 5, 4, 3]), 9), 'float32')));
  }
  await expectParity(() =>
    tf.maxPool(tf.cast(tf.mul(random([2, 5, 4, 3]), 9), 'int32') as tf.Tensor4D, 2, 2, 'same'),
  );
});
