import { tensorGradients, variableGradients } from '@neusim/core';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { descend } from './functional';
import { lossThroughSteps } from './through-steps';

beforeAll(() => start('cpu'));

const ROWS = 200;
const COUNT = 6;

/** Softplus regression with one layer that adapts, one that does not, and a learned rate. */
function problem() {
  const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 0.5, 'float32', seed);
  const [x, wanted] = [normal([ROWS, 4], 1), normal([ROWS, 2], 2)];
  const inputs = [normal([4, 3], 3), normal([3, 2], 4), tf.scalar(0.3), tf.scalar(7)];
  const [adapts, stays, rate, unread] = inputs.map((each) => tf.variable(each)) as [
    tf.Variable,
    tf.Variable,
    tf.Variable,
    tf.Variable,
  ];
  tf.dispose(inputs);
  const loss = ([w]: readonly tf.Tensor[]) => {
    const hidden = tf.log(tf.add(tf.exp(tf.matMul(x, w as tf.Tensor)), 1));
    return tf.mean(tf.square(tf.sub(tf.matMul(hidden, stays), wanted))) as tf.Scalar;
  };
  const step = (at: readonly tf.Tensor[]) => descend(loss, at, [rate], 2);
  const variables = [adapts, stays, rate, unread];
  const dispose = () => tf.dispose([x, wanted, ...variables]);
  return { variables, loss, step, dispose };
}

test('what one tape gives, with less alive at once, and nothing left', async () => {
  const before = tf.memory().numTensors;
  const { variables, loss, step, dispose } = problem();
  const [adapts, ...parameters] = variables as [tf.Variable, ...tf.Variable[]];
  const through = () =>
    tf.tidy(() =>
      tf.mul(lossThroughSteps({ count: COUNT, starts: [adapts], parameters, step, loss }), 3),
    ) as tf.Scalar;
  const taped = () =>
    tf.tidy(() => {
      let at: readonly tf.Tensor[] = [adapts];
      for (let t = 0; t < COUNT; t++) at = step(at);
      return tf.mul(loss(at), 3) as tf.Scalar;
    });
  const held = tf.memory().numTensors;
  const peak = async (f: () => tf.Scalar) => {
    const { peakBytes, result } = await tf.profile(() => {
      const { value, grads } = variableGradients(f, variables);
      return [value, ...variables.map(({ name }) => grads[name] ?? tf.scalar(0))];
    });
    const values = await Promise.all((result as tf.Tensor[]).map((each) => each.data()));
    tf.dispose(result);
    return { peakBytes, values };
  };
  const [expected, got] = [await peak(taped), await peak(through)];
  for (const [i, values] of expected.values.entries())
    expect(relativeError(got.values[i]!, values)).toBeLessThan(1e-5);
  expect(got.peakBytes).toBeLessThan(0.5 * expected.peakBytes);
  // Without a gradient it is a number, and no more.
  through().dispose();
  expect(tf.memory().numTensors).toBe(held);
  dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('no step at all is the loss, and starts may be no variables', async () => {
  const { variables, loss, step, dispose } = problem();
  const [adapts, ...parameters] = variables as [tf.Variable, ...tf.Variable[]];
  const start = tf.clone(adapts);
  for (const count of [0, 2]) {
    const of = (from: tf.Tensor) => () => lossThroughSteps({ count, starts: [from], parameters, step, loss });
    const byTensor = tf.tidy(() => tensorGradients(of(start), [start]).grads[0] as tf.Tensor);
    const byVariable = tf.tidy(() => tensorGradients(of(adapts), [adapts]).grads[0] as tf.Tensor);
    expect(await byTensor.data()).toEqual(await byVariable.data());
    if (count === 0) {
      const direct = tf.tidy(() => tensorGradients(() => loss([start]), [start]).grads[0] as tf.Tensor);
      expect(relativeError(await byTensor.data(), await direct.data())).toBeLessThan(1e-6);
      direct.dispose();
    }
    tf.dispose([byTensor, byVariable]);
  }
  start.dispose();
  dispose();
});
