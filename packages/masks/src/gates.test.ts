import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../tools/engines';
import { clipped, hardConcrete, openProbability, withPenalty } from './gates';
import { nextUniform } from './quasi-random';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Louizos et al., eq. 10-13, number by number. */
function drawn(logAlpha: number, beta: number, u?: number): number {
  const s = sigmoid(u === undefined ? logAlpha : (Math.log(u) - Math.log(1 - u) + logAlpha) / beta);
  return Math.min(1, Math.max(0, s * 1.2 - 0.1));
}

onEachEngine('gates', () => {
  const beta = 2 / 3;
  const r = [-4, -2, -0.5, 0, 0.4, 1, 2.3, 5];
  const u = [0.3, 0.9, 0.2, 0.5, 0.7, 0.45, 0.6, 0.999];

  test.each([false, true])('hard concrete, with noise: %j', async (isNoisy) => {
    const noise = isNoisy ? tf.tensor1d(u) : undefined;
    const wanted = (step: number) =>
      r.map((value, k) => drawn(value + step, beta, isNoisy ? u[k] : undefined));
    const values = await hardConcrete(tf.tensor1d(r), beta, noise).data();
    wanted(0).forEach((value, k) => {
      expect(values[k]).toBeCloseTo(value, 5);
    });
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
    const slopes = await tf
      .grad((x) => tf.sum(hardConcrete(x, beta, noise)))(tf.tensor1d(r))
      .data();
    const [after, before] = [wanted(1e-5), wanted(-1e-5)];
    slopes.forEach((slope, k) => {
      expect(slope).toBeCloseTo((after[k]! - before[k]!) / 2e-5, 4);
    });
  });

  test('noise at the ends of its interval is finite', async () => {
    const ends = hardConcrete(tf.zeros([2]), beta, tf.tensor1d([0, 1 - 2 ** -24]));
    expect([...(await ends.data())]).toEqual([0, 1]);
  });

  test('gates that are open are as many as the probability says', async () => {
    const [logAlpha, count] = [0.3, 500];
    let numbers: tf.Tensor = tf.zeros([1]);
    const all: tf.Tensor[] = [];
    for (let i = 0; i < count; i++) {
      numbers = nextUniform(numbers);
      all.push(numbers);
    }
    const open = tf.mean(tf.step(hardConcrete(tf.fill([count], logAlpha), beta, tf.concat(all))));
    const wanted = sigmoid(logAlpha - beta * Math.log(0.1 / 1.1));
    expect((await openProbability(tf.scalar(logAlpha), beta).data())[0]).toBeCloseTo(wanted, 5);
    expect(Math.abs((await open.data())[0]! - wanted)).toBeLessThan(1e-2);
  });

  test('the numbers are the same on every engine, to the last bit', async () => {
    const paces = [2, 3, 5, 7].map((p) => Math.fround(Math.sqrt(p) % 1));
    let expected = [0, 0.25, 0.5, 0.99];
    let numbers: tf.Tensor = tf.tensor1d(expected);
    expected = [...(await numbers.data())];
    for (let i = 0; i < 50; i++) {
      numbers = nextUniform(numbers);
      expected = expected.map((value, k) => {
        const sum = Math.fround(value + paces[k]!);
        return sum - Math.floor(sum);
      });
    }
    expect([...(await numbers.data())]).toEqual(expected);
  });

  test('a penalty is paid once, and a clipped excess has a slope inside alone', async () => {
    const x = tf.tensor1d([1, 2]);
    const loss = (t: tf.Tensor) => tf.sum(tf.square(withPenalty(t, (given) => tf.mul(given, 10))));
    const first = tf.grad(loss)(x);
    expect([...(await first.data())]).toEqual([12, 24]);
    const second = tf.grad((t) => tf.sum(tf.square(tf.grad(loss)(t))))(x);
    // Σ (12 t)²: the price is part of the gradient, and of its gradient.
    expect([...(await second.data())]).toEqual([2 * 12 * 12, 2 * 24 * 12]);
    const e = tf.tensor1d([-3, -0.5, 0, 0.25, 7]);
    expect([...(await clipped(e).data())]).toEqual([-1, -0.5, 0, 0.25, 1]);
    const slopes = tf.grad((t) => tf.sum(clipped(t)))(e);
    expect([...(await slopes.data())]).toEqual([0, 1, 1, 1, 0]);
  });
});
