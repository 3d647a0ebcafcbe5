// Engines that record nothing run a step as it is, by the same rules.
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import core, { captureStep, compileStep, startBackend } from './index';

beforeAll(async () => void (await startBackend(createRegistry(core), 'cpu')));

test('a step runs op by op, keeps the inputs that it returns, and disposes of the others', async () => {
  const before = tf.memory().numTensors;
  const step = captureStep(([x, y]) => [x as tf.Tensor, tf.neg(y as tf.Tensor)], []);
  const outputs = await step.run([
    { values: Float32Array.of(1, 2), shape: [2] },
    { values: Int32Array.of(3), shape: [1] },
  ]);
  expect(outputs.map((each) => [...each.dataSync()])).toEqual([[1, 2], [-3]]);
  expect(tf.memory().numTensors).toBe(before + 2);
  tf.dispose(outputs);
  expect([step.mode, step.reason]).toEqual(['eager', 'this engine records no steps']);
});

test('values that do not fit their shape are refused before anything is made', async () => {
  const before = tf.memory().numTensors;
  const fits = { values: Float32Array.of(1, 2), shape: [2] };
  const step = captureStep((inputs) => inputs, []);
  await expect(step.run([fits, { values: Float32Array.of(1), shape: [2, 2] }])).rejects.toMatchObject({
    code: 'STEP_INPUT',
    message: 'input 1 of the step is 1 values, and its shape [2,2]',
    data: { index: 1, shape: [2, 2], length: 1, wanted: 4 },
  });
  expect(tf.memory().numTensors).toBe(before);
});

test('there is nothing to compile', async () => {
  expect(await compileStep((inputs) => inputs, [], [])).toBeNull();
});
