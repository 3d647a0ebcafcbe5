import {
  avgPoolForward,
  avgPoolGradient,
  maxPoolForward,
  maxPoolGradient,
  randomUniform,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';

const pairs = [
  [1, 1],
  [2, 2],
  [1, 2],
  [3, 2],
] as const;
const cases = pairs.flatMap((strides) =>
  (
    [
      [2, 2],
      [3, 2],
      [1, 3],
    ] as const
  ).flatMap((window) => (['same', 'valid'] as const).map((pad) => ({ window, strides, pad }))),
);

onEachEngine('pooling', () => {
  test.each(cases)('window $window, strides $strides, pad $pad: gradients', async (options) => {
    const x = randomUniform([2, 6, 5, 3], 1);
    const dy = randomUniform(maxPoolForward(x, options).shape, 2);
    const u = randomUniform(x.shape, 3);
    const { window, strides, pad } = options;
    for (const [pool, forward, gradient] of [
      [tf.maxPool, maxPoolForward, maxPoolGradient],
      [tf.avgPool, avgPoolForward, avgPoolGradient],
    ] as const) {
      const op = (t: tf.Tensor) => pool(t as tf.Tensor4D, [...window], [...strides], pad);
      const [tx, tdy, tu] = [toTensor(x), toTensor(dy), toTensor(u)];
      const before = tf.memory().numTensors;
      const first = tf.grad(op)(tx, tdy);
      expect(relativeError(await op(tx).data(), forward(x, options).data)).toBeLessThan(1e-6);
      expect(relativeError(await first.data(), gradient(x, dy, options).data)).toBeLessThan(1e-6);
      // <dx, u> is linear in dy: its gradient gathers u as the pooling gathers x.
      const second = tf.grad((d) => tf.sum(tf.mul(tf.grad(op)(tx, d), tu)))(tdy);
      const expected = Array.from(dy.data, (_, i) => {
        const one = { shape: dy.shape, data: dy.data.map((_, k) => (k === i ? 1 : 0)) };
        return gradient(x, one, options).data.reduce((sum, value, k) => sum + value * u.data[k]!, 0);
      });
      expect(relativeError(await second.data(), expected)).toBeLessThan(1e-6);
      expect(tf.memory().numTensors - before).toBe(3);
      tf.dispose([first, second]);
    }
  });
});
