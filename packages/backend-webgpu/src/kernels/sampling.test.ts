import {
  type CapturedStep,
  captureStep,
  eagerStep,
  geometry,
  SAMPLE_PATCHES,
  SAMPLE_PATCHES_BACKPROP,
  type StepInput,
  samplePatches,
  similarityConv2d,
} from '@neusim/core';
import { randomUniform } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dispatched, expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

type T4 = tf.Tensor4D;

/** Channels by which the transpose is cut into several runs of positions, and into one. */
describe.each([
  ['several runs', 5],
  ['one run', 8200],
])('%s', (_, channels) => {
  const g = geometry([2, 3, channels], [2, 2], { pad: 'same' });
  const sample = (x: tf.Tensor, offsets: tf.Tensor) => samplePatches(x as T4, offsets as T4, g);
  const inputs = () => [random([1, 2, 3, channels]), tf.mul(random([1, 2, 3, 8], 2), 2)] as const;

  test('values and the gradient of x, each one program of ours', async () => {
    const ran = await expectParity(() => sample(...inputs()));
    expect(ran.filter((name) => name.startsWith('Neusim'))).toEqual([SAMPLE_PATCHES]);
    const transposed = await expectParity(() => {
      const [x, offsets] = inputs();
      return tf.grad((x: tf.Tensor) => sample(x, offsets))(x, random([1, 2, 12, channels], 3));
    });
    expect(transposed).toContain(SAMPLE_PATCHES_BACKPROP);
    // No scattering with atomics, whose sums differ from run to run.
    expect(transposed.filter((name) => /scatter/i.test(name))).toEqual([]);
  });
});

test('a convolution at offsets samples once forward, and its gradients once more and for each axis', async () => {
  const [x, w, offsets] = [random([2, 4, 4, 4]), random([3, 3, 4, 2], 2), random([2, 4, 4, 18], 3)];
  const run = (...[x, w, offsets]: tf.Tensor[]) =>
    similarityConv2d(x as T4, w as T4, null, { pad: 'same', offsets: offsets as T4 });
  const ran = dispatched(() => tf.dispose(tf.grads(run)([x, w, offsets])));
  expect(ran.filter((name) => name === SAMPLE_PATCHES)).toHaveLength(4);
  expect(ran.filter((name) => name === SAMPLE_PATCHES_BACKPROP)).toHaveLength(1);
});

test('a replayed step gives the bits of an eager one', async () => {
  const shapes = [
    [2, 4, 4, 4],
    [3, 3, 4, 2],
    [2, 4, 4, 18],
    [2, 4, 4, 2],
  ] as const;
  const inputsOf = (step: number): StepInput[] =>
    shapes.map((shape, i) => ({
      values: Float32Array.from(randomUniform(shape, 10 * step + i, -2, 2).data),
      shape,
    }));
  const run = (...[x, w, offsets]: tf.Tensor[]) =>
    similarityConv2d(x as T4, w as T4, null, { pad: 'same', offsets: offsets as T4 });
  const gradients = (given: tf.Tensor[]) => tf.grads(run)(given.slice(0, 3), given[3]);
  const bits = async (step: CapturedStep, inputs: StepInput[]) => {
    const outputs = await step.run(inputs);
    const values = await Promise.all(outputs.map(async (each) => [...(await each.data())]));
    tf.dispose(outputs);
    return values;
  };
  const [captured, eager] = [captureStep(gradients, []), eagerStep(gradients, 'asked for')];
  for (let step = 0; step < 5; step++)
    expect(await bits(captured, inputsOf(step))).toEqual(await bits(eager, inputsOf(step)));
  expect([captured.mode, captured.reason]).toEqual(['replay', null]);
  captured.dispose();
});
