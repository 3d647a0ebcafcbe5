/** A captured step at its edges: odd inputs and outputs, and others who use its state meanwhile. */
import { type CapturedStep, captureStep, type StepInput, type StepState, startBackend } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { fail, forgetFailure } from '../engine/errors';
import { registry, startWebgpu } from '../test/network';
import { currentGpu } from '../webgpu';

beforeAll(startWebgpu);

/** A tensor of the state. */
function slot(...values: number[]): StepState & { tensor: tf.Tensor } {
  return {
    tensor: tf.tensor1d(values),
    read() {
      return this.tensor;
    },
    write(next) {
      this.tensor.dispose();
      this.tensor = next;
    },
  };
}

const floats = (...values: number[]): StepInput => ({
  values: Float32Array.from(values),
  shape: [values.length],
});
const valuesOf = async (tensor: tf.Tensor) => [...(await tensor.data())];

/** Runs it, and reads its outputs. */
async function outputsOf(step: CapturedStep, ...inputs: StepInput[]): Promise<number[][]> {
  const outputs = await step.run(inputs);
  const values = await Promise.all(outputs.map(valuesOf));
  tf.dispose(outputs);
  return values;
}

/** Adds x to a state tensor, and returns the square. */
const adding = (sum: StepState) =>
  captureStep(
    ([x]) => {
      const next = tf.add(sum.read(), x as tf.Tensor);
      sum.write(next);
      return [tf.square(next)];
    },
    [sum],
  );

const replayed = async (step: CapturedStep, ...inputs: StepInput[]) => {
  while (step.mode === 'recording') await outputsOf(step, ...inputs);
  expect(step.mode).toBe('replay');
};

describe('inputs', () => {
  test('those that no kernel reads, the last too', async () => {
    const step = captureStep(([, x]) => [tf.square(x as tf.Tensor)], []);
    for (let i = 0; i < 5; i++)
      expect(await outputsOf(step, floats(1, 2, 3), floats(i, 2), floats(4, 5, 6, 7))).toEqual([[i * i, 4]]);
    expect(step.mode).toBe('replay');
    step.dispose();
  });

  test.each([
    ['too few values', { values: Float32Array.of(7), shape: [2] }],
    ['too many', { values: Float32Array.of(7, 8, 9), shape: [2] }],
    ['bytes', { values: Uint8Array.of(1, 2) as never, shape: [2] }],
    ['a list', { values: [1, 2] as never, shape: [2] }],
  ])('%s are refused, recorded or replayed', async (_, wrong) => {
    const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
    const refused = () => expect(step.run([wrong])).rejects.toMatchObject({ code: 'STEP_INPUT' });
    await refused();
    await replayed(step, floats(1, 2));
    await refused();
    expect(await outputsOf(step, floats(3, 4))).toEqual([[9, 16]]);
    step.dispose();
  });

  test('an empty batch runs op by op', async () => {
    const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
    for (let i = 0; i < 4; i++) expect(await outputsOf(step, floats())).toEqual([[]]);
    step.dispose();
  });

  test('one that the step returns', async () => {
    const step = captureStep(([x]) => [x as tf.Tensor, tf.neg(x as tf.Tensor)], []);
    for (let i = 0; i < 5; i++)
      expect(await outputsOf(step, floats(i, 1))).toEqual([
        [i, 1],
        [-i, -1],
      ]);
    expect(step.mode).toBe('replay');
    step.dispose();
  });
});

describe('state', () => {
  test('a copy stays as it is where another tensor is put into the state', async () => {
    const sum = slot(1, 2);
    const step = adding(sum);
    await replayed(step, floats(1, 1));
    await outputsOf(step, floats(1, 1));
    const wanted = await valuesOf(sum.tensor);
    const copy = sum.tensor.clone();
    sum.write(tf.tensor1d([100, 200]));
    expect(await outputsOf(step, floats(1, 1))).toEqual([[101 ** 2, 201 ** 2]]);
    expect(await valuesOf(copy)).toEqual(wanted);
    const other = sum.tensor.clone();
    sum.write(tf.tensor1d([0, 0]));
    step.dispose();
    expect(await valuesOf(copy)).toEqual(wanted);
    expect(await valuesOf(other)).toEqual([101, 201]);
    tf.dispose([copy, other, sum.tensor]);
  });

  test('one that the step only reads too', async () => {
    const weight = slot(1, 2);
    const step = captureStep(([x]) => [tf.mul(x as tf.Tensor, weight.read())], [weight]);
    await replayed(step, floats(1, 1));
    await outputsOf(step, floats(1, 1));
    const saved = weight.tensor.clone();
    weight.write(tf.tensor1d([10, 20]));
    expect(await outputsOf(step, floats(1, 1))).toEqual([[10, 20]]);
    weight.write(saved);
    expect(await outputsOf(step, floats(1, 1))).toEqual([[1, 2]]);
    step.dispose();
    weight.tensor.dispose();
  });

  test('one result in two places of it', async () => {
    const [a, b] = [slot(1, 2), slot(3, 4)];
    const step = captureStep(
      ([x]) => {
        const next = tf.add(a.read(), x as tf.Tensor);
        b.write(next.clone());
        a.write(next);
        return [tf.neg(next)];
      },
      [a, b],
    );
    for (let i = 1; i < 6; i++) {
      await outputsOf(step, floats(1, 1));
      expect([await valuesOf(a.tensor), await valuesOf(b.tensor)]).toEqual([
        [1 + i, 2 + i],
        [1 + i, 2 + i],
      ]);
    }
    step.dispose();
    tf.dispose([a.tensor, b.tensor]);
  });

  test('reading that began before a run gives what was there, and is not taken for what comes', async () => {
    const sum = slot(0, 0);
    const step = adding(sum);
    await replayed(step, floats(1, 1));
    await outputsOf(step, floats(1, 1));
    const [before] = await valuesOf(sum.tensor);
    const reading = sum.tensor.data();
    for (let i = 0; i < 2; i++) tf.dispose(await step.run([floats(1, 1)]));
    expect((await reading)[0]).toBe(before);
    expect((await valuesOf(sum.tensor))[0]).toBe((before as number) + 2);
    step.dispose();
    sum.tensor.dispose();
  });

  test('int32', async () => {
    const sum: ReturnType<typeof slot> = slot(0);
    sum.write(tf.tensor1d([1, 2], 'int32'));
    const step = captureStep(
      ([x]) => {
        const next = tf.add(sum.read(), x as tf.Tensor);
        sum.write(next);
        return [tf.add(next, next)];
      },
      [sum],
    );
    for (let i = 1; i < 6; i++)
      expect(await outputsOf(step, { values: Int32Array.of(1, 1), shape: [2] })).toEqual([
        [2 + 2 * i, 4 + 2 * i],
      ]);
    expect(step.mode).toBe('replay');
    step.dispose();
    sum.tensor.dispose();
  });
});

test('shapes that are replayed are freed where others are refused', async () => {
  const sum = slot(0, 0);
  const gpu = currentGpu();
  const step = captureStep(
    ([x]) => {
      const next = tf.tidy(() => {
        const part = tf.slice(x as tf.Tensor, 0, 2);
        return tf.add(sum.read(), (x as tf.Tensor).size === 3 ? tf.mul(part, tf.randomUniform([2])) : part);
      });
      sum.write(next);
      return [tf.square(next)];
    },
    [sum],
  );
  await outputsOf(step, floats(1, 1));
  const used = gpu.memory().numBytesInGPU;
  await replayed(step, floats(1, 1));
  await outputsOf(step, floats(1, 1));
  for (let i = 0; i < 5; i++) await outputsOf(step, floats(0, 0, 0));
  expect(step.mode).toBe('eager');
  step.dispose();
  await valuesOf(sum.tensor);
  expect(gpu.memory().numBytesInGPU).toBe(used);
  sum.tensor.dispose();
});

test('a ninth shape runs op by op, and the first eight go on being replayed', async () => {
  const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
  const modes = [];
  for (let run = 0; run < 3; run++)
    for (let size = 1; size < 10; size++) {
      const ones = floats(...new Array<number>(size).fill(1));
      expect(await outputsOf(step, ones)).toEqual([[...ones.values]]);
      if (run === 2) modes.push(step.mode);
    }
  expect(modes).toEqual([...new Array(8).fill('replay'), 'eager']);
  expect(step.reason).toMatch(/more than 8 shapes/);
  step.dispose();
});

test('a run that does not wait for its turn, or for another engine, is refused', async () => {
  const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
  await outputsOf(step, floats(2));
  const recording = step.run([floats(2)]);
  await expect(step.run([floats(2)])).rejects.toMatchObject({ code: 'STEP_BUSY' });
  tf.dispose(await recording);
  await replayed(step, floats(2));
  await startBackend(registry, 'cpu');
  await expect(step.run([floats(2)])).rejects.toMatchObject({ code: 'STEP_ENGINE' });
  await startWebgpu();
  expect(await outputsOf(step, floats(3))).toEqual([[9]]);
  step.dispose();
});

test('what is disposed of while it is recorded leaves nothing behind', async () => {
  const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
  await outputsOf(step, floats(2));
  const used = currentGpu().memory().numBytesInGPU;
  const recording = step.run([floats(2)]);
  step.dispose();
  tf.dispose(await recording);
  await valuesOf(tf.tensor1d([1]));
  expect(step.mode).toBe('recording');
  expect(currentGpu().memory().numBytesInGPU).toBe(used);
});

test('state of another shape is refused', async () => {
  const sum = slot(1, 2);
  const step = captureStep(() => [tf.square(sum.read())], [sum]);
  await replayed(step);
  sum.write(tf.tensor1d([1, 2, 3]));
  await expect(step.run([])).rejects.toMatchObject({ code: 'STEP_STATE', data: { index: 0, shape: [3] } });
  sum.write(tf.tensor1d([3, 4]));
  expect(await outputsOf(step)).toEqual([[9, 16]]);
  step.dispose();
  sum.tensor.dispose();
});

test('a GPU that failed is told, recorded or not, and is no reason to give up recording', async () => {
  const step = captureStep(([x]) => [tf.square(x as tf.Tensor)], []);
  const { device } = currentGpu();
  for (let i = 0; i < 3; i++) {
    const tensors = tf.memory().numTensors;
    fail(device, new NeusimError('GPU_ERROR', 'told late'));
    await expect(step.run([floats(2)])).rejects.toThrow('told late');
    expect(tf.memory().numTensors).toBe(tensors);
    forgetFailure(device);
    expect(await outputsOf(step, floats(2))).toEqual([[4]]);
  }
  expect([step.mode, step.reason]).toEqual(['replay', null]);
  step.dispose();
});
