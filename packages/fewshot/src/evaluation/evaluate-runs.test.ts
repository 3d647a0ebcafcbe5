// Fixed episodes: counted trials, Wilson's interval.
import type { Episode } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { tinyPool } from '../test/tiny';
import type { Learner } from '../types';
import { evaluateRuns } from './evaluate-runs';

/** Always the first class. */
const learner: Learner = {
  model: undefined as never,
  training: { by: 'nothing' },
  fit: async (_, way) => ({
    way,
    predict: (x) => tf.tensor2d(Array.from({ length: x.shape[0]! }, () => [1, ...Array(way - 1).fill(0)])),
    dispose: () => {},
  }),
};
const pool = tinyPool(4, 3);
const run = (classes: number[]): Episode => ({
  classes: Uint32Array.from(classes),
  support: Uint32Array.from(classes),
  query: Uint32Array.from(classes, (label) => label + 4),
});

beforeAll(async () => {
  await start('cpu');
});

test('2 runs of 4 classes: 2 of 8 trials, 25 % within 7.15 to 59.07 %', async () => {
  const runs = [run([0, 1, 2, 3]), run([3, 2, 1, 0])];
  const result = await evaluateRuns(learner, pool, runs);
  expect(result).toMatchObject({
    trials: 8,
    correct: 2,
    accuracy: 25,
    way: 4,
    shot: 1,
    query: 1,
    episodes: 2,
  });
  expect(result.interval[0]).toBeCloseTo(7.15, 2);
  expect(result.interval[1]).toBeCloseTo(59.07, 2);
});

test.each([
  ['none', []],
  ['of two forms', [run([0, 1, 2]), run([0, 1])]],
])('runs, %s, are refused', async (_, runs) => {
  await expect(evaluateRuns(learner, pool, runs)).rejects.toThrow(
    expect.objectContaining({ code: 'FEWSHOT_BAD_RUNS' }),
  );
});
