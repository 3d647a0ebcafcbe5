import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { adamRate, sgdRate, updateAdam, updateSgd } from './update';

/** Three steps on f(p) = p⁴/4 from p = 2, in plain numbers. */
const gradient = (p: number) => p ** 3;

onEachEngine('optimiser updates', () => {
  test.each([
    { rateScale: 1, momentum: 0, nesterov: false, l2: 0 },
    { rateScale: 0.5, momentum: 0.9, nesterov: false, l2: 0.1 },
    { rateScale: 1, momentum: 0.9, nesterov: true, l2: 0 },
  ])('sgd %j', async (attrs) => {
    let [p, v] = [2, 0];
    let state = { param: tf.scalar(2) as tf.Tensor, velocity: tf.scalar(0) as tf.Tensor };
    const rate = tf.tensor1d(sgdRate(0.05));
    for (let step = 0; step < 3; step++) {
      const g = gradient(p) + attrs.l2 * p;
      v = attrs.momentum * v + g;
      p -= 0.05 * attrs.rateScale * (attrs.nesterov ? g + attrs.momentum * v : v);
      const before = tf.memory().numTensors;
      const next = updateSgd(state.param, tf.pow(state.param, 3), state.velocity, rate, attrs);
      expect(tf.memory().numTensors - before).toBe(3);
      expect(next.param.dataId).not.toBe(state.param.dataId);
      state = next;
    }
    expect((await state.param.data())[0]).toBeCloseTo(p, 5);
  });

  test('adam, with powers from the step', async () => {
    const attrs = { rateScale: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, l2: 0.01 };
    let [p, m, v] = [2, 0, 0];
    let state = {
      param: tf.scalar(2) as tf.Tensor,
      first: tf.scalar(0) as tf.Tensor,
      second: tf.scalar(0) as tf.Tensor,
    };
    for (let step = 1; step <= 3; step++) {
      const g = gradient(p) + attrs.l2 * p;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      p -= (0.1 * 0.5 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-7);
      const rate = tf.tensor1d(adamRate(0.1, step, attrs));
      state = updateAdam(state.param, tf.pow(state.param, 3), state.first, state.second, rate, attrs);
    }
    expect((await state.param.data())[0]).toBeCloseTo(p, 5);
  });
});
