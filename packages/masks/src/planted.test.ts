/**
 * The claim of `learned-binary`: with a sparse kernel planted in a 7×7 window, training recovers exactly its taps.
 * A teacher convolution with 6 random taps of 49 labels fresh random images; the student has the full window.
 */
import core, { NeuralSimilarityConv2D, type Similarity } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomNormal, randomNumbers, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import masks, { maskOf } from './index';

const registry = createRegistry(core, masks);
const channels = 3;
const filters = 4;
const taps = 49;
const size = 10;
const steps = 250;

/** Distinct taps of the window, in order. */
function randomTaps(count: number, seed: number): number[] {
  const next = randomNumbers(seed);
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(next() * taps));
  return [...chosen].sort((a, b) => a - b);
}

function teacherKernel(planted: readonly number[], seed: number): tf.Tensor4D {
  const kernel = randomNormal([7, 7, channels, filters], seed);
  const values = kernel.data.map((value, i) =>
    planted.includes(Math.floor(i / (channels * filters))) ? value : 0,
  );
  return toTensor({ shape: kernel.shape, data: values }) as tf.Tensor4D;
}

interface Run {
  readonly similarity: Similarity;
  readonly side: 'kernel' | 'input';
  readonly optimizer: () => tf.Optimizer;
  /** μ of the kernel's penalty μ/2‖w‖². */
  readonly l2: number;
  readonly seed: number;
}

/** Trains a student, and returns the taps it has after every one of the last 20 steps. */
async function recover(planted: readonly number[], run: Run): Promise<number[][]> {
  const input = tfl.input({ shape: [size, size, channels] });
  const layer = new NeuralSimilarityConv2D({
    filters,
    kernelSize: 7,
    padding: 'same',
    useBias: false,
    kernelInitializer: tfl.initializers.glorotNormal({ seed: run.seed }) as never,
    kernelRegularizer: tfl.regularizers.l2({ l2: run.l2 / 2 }) as never,
    similarity: run.similarity,
    shape: registry.make('shape', 'learned-binary', { side: run.side, sparsity: 0.01 }),
  });
  const model = tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
  const optimizer = run.optimizer();
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const teacher = teacherKernel(planted, run.seed + 1000);
  const seen: number[][] = [];
  for (let step = 0; step < steps; step++) {
    const x = toTensor(randomNormal([4, size, size, channels], run.seed * 100_003 + step)) as tf.Tensor4D;
    const labels = tf.conv2d(x, teacher, 1, 'same');
    await model.trainOnBatch(x, labels);
    tf.dispose([x, labels]);
    if (step >= steps - 20)
      seen.push((await maskOf(layer)).flat().flatMap((exists, tap) => (exists ? [tap] : [])));
  }
  teacher.dispose();
  model.dispose();
  return seen;
}

const sgd = () => tf.train.sgd(0.5);
const adam = () => tf.train.adam(0.01);

describe('6 taps of 49', () => {
  beforeAll(() => start('wasm'));

  test.each([
    ['inner-product', 'kernel', 'SGD', sgd, 5e-3],
    ['static-dns', 'kernel', 'Adam', adam, 5e-3],
    ['static-dns', 'input', 'SGD, no penalty', sgd, 0],
    ['static-uns', 'input', 'Adam', adam, 5e-3],
  ] as const)('%s, side %s, %s', async (similarity, side, _, optimizer, l2) => {
    for (const seed of [1, 2, 3]) {
      const planted = randomTaps(6, seed);
      const made = registry.make('similarity', similarity, {} as never);
      const seen = await recover(planted, { similarity: made, side, optimizer, l2, seed });
      for (const found of seen) expect(found, `seed ${seed}`).toEqual(planted);
    }
  });

  test('without a price, taps that are not needed stay', async () => {
    const planted = randomTaps(6, 1);
    const shape = registry.make('shape', 'learned-binary');
    expect(shape.options).toMatchObject({ sparsity: 0 });
    const input = tfl.input({ shape: [size, size, channels] });
    const layer = new NeuralSimilarityConv2D({
      filters,
      kernelSize: 7,
      padding: 'same',
      useBias: false,
      kernelInitializer: tfl.initializers.glorotNormal({ seed: 1 }) as never,
      shape,
    });
    const model = tfl.model({ inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor });
    model.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
    const teacher = teacherKernel(planted, 1);
    for (let step = 0; step < 50; step++) {
      const x = toTensor(randomNormal([4, size, size, channels], step)) as tf.Tensor4D;
      const labels = tf.conv2d(x, teacher, 1, 'same');
      await model.trainOnBatch(x, labels);
      tf.dispose([x, labels]);
    }
    teacher.dispose();
    expect((await maskOf(layer)).flat().filter(Boolean).length).toBeGreaterThan(40);
  });
});
