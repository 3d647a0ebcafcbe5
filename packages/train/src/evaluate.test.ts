import core, { startBackend } from '@neusim/core';
import type { Split } from '@neusim/datasets';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { evaluation } from './evaluate';
import { evaluate } from './index';

beforeAll(async () => void (await startBackend(createRegistry(core), 'cpu')));

/** A network whose logits are the image's pixels. */
function pixels(classes: number): LayersModel {
  const x = input({ shape: [1, classes, 1] });
  return model({ inputs: x, outputs: layers.flatten().apply(x) as SymbolicTensor });
}

function split(rows: number[][], labels: number[]): Split {
  return {
    count: rows.length,
    shape: [1, rows[0]!.length, 1],
    images: Uint8Array.from(rows.flat()),
    labels: Int32Array.from(labels),
  };
}

test('error, top-5 error, loss and confusion; the last batch smaller', async () => {
  const rows = [
    [9, 8, 7, 6, 5, 4, 3],
    [9, 8, 7, 6, 5, 4, 3],
    [9, 8, 7, 6, 5, 4, 3],
    [0, 0, 0, 0, 0, 0, 9],
    [1, 1, 1, 1, 1, 1, 1],
  ];
  const before = tf.memory().numTensors;
  const found = await evaluate(pixels(7), split(rows, [0, 4, 5, 6, 0]), { batchSize: 2 });
  expect(tf.memory().numTensors).toBe(before);
  expect(found).toMatchObject({ count: 5, error: 40, top5Error: 20 });
  expect(found.confusion[4]).toEqual([1, 0, 0, 0, 0, 0, 0]);
  expect(found.confusion[6]).toEqual([0, 0, 0, 0, 0, 0, 1]);
  const entropy = rows.map((row, i) => {
    const label = [0, 4, 5, 6, 0][i]!;
    return -Math.log(Math.exp(row[label]!) / row.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
  expect(found.loss).toBeCloseTo(entropy.reduce((a, b) => a + b) / 5, 6);
  const { predicted, probability, loss } = found.predictions;
  expect([...predicted]).toEqual([0, 0, 0, 6, 0]);
  expect([...loss].map((each, i) => Math.abs(each - entropy[i]!) < 1e-5)).toEqual(Array(5).fill(true));
  // Right: its own entropy; all alike: a seventh.
  expect(probability[3]).toBeCloseTo(Math.exp(-entropy[3]!), 5);
  expect(probability[4]).toBeCloseTo(1 / 7, 5);
});

test('tells the images done after each batch', async () => {
  const rows = [0, 1, 2, 3, 4].map((x) => [x, 0, 0]);
  const done: number[] = [];
  for await (const count of evaluation(pixels(3), split(rows, [0, 1, 2, 0, 1]), { batchSize: 2 }))
    done.push(count);
  expect(done).toEqual([2, 4, 5]);
});

test('onProgress hears of every batch', async () => {
  const told: [number, number][] = [];
  const onProgress = (...now: [number, number]) => void told.push(now);
  await evaluate(
    pixels(3),
    split(
      [0, 1, 2].map((x) => [x, 0, 0]),
      [0, 1, 2],
    ),
    { batchSize: 2, onProgress },
  );
  expect(told).toEqual([
    [2, 3],
    [3, 3],
  ]);
});

test('with few classes there is no top 5', async () => {
  expect((await evaluate(pixels(5), split([[1, 2, 3, 4, 5]], [4]))).top5Error).toBeNull();
});

test('logits that are no numbers are wrong, not class 0', async () => {
  const x = input({ shape: [1, 3, 1] });
  const root = layers.dense({
    units: 1,
    kernelInitializer: { className: 'Constant', config: { value: Number.NaN } } as never,
  });
  const broken = model({ inputs: x, outputs: layers.flatten().apply(root.apply(x)) as SymbolicTensor });
  expect((await evaluate(broken, split([[1, 2, 3]], [0]))).error).toBe(100);
  broken.dispose();
});

test('stops between two batches', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(evaluate(pixels(3), split([[1, 2, 3]], [0]), { signal })).rejects.toThrow('enough');
});

test.each([
  [-1, 3],
  [0, 7],
])('a label without a class is named: %i and %i of 3 classes', async (first, second) => {
  const index = first < 0 ? 0 : 1;
  await expect(
    evaluate(
      pixels(3),
      split(
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
        [first, second],
      ),
    ),
  ).rejects.toThrow(
    expect.objectContaining({
      code: 'DATASET_BAD_LABEL',
      data: { split: 'given', index, label: [first, second][index], classes: 3 },
    }),
  );
});

test('nothing to count, and labels that are too few', async () => {
  const nothing = { ...split([[1, 2, 3]], [0]), count: 0 };
  await expect(evaluate(pixels(3), nothing)).rejects.toThrow(
    expect.objectContaining({ code: 'DATASET_EMPTY' }),
  );
  await expect(evaluate(pixels(3), split([[1, 2, 3]], []))).rejects.toThrow(
    expect.objectContaining({ code: 'DATASET_BAD_COUNT' }),
  );
});
