// A short run on every engine, against cpu's.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import type { TrainConfigInput } from './index';
import { collect, ofType, small } from './test/setup';

const dynamic = {
  name: 'nsn-digits',
  width: 2,
  similarity: 'dynamic-dns',
  predictor: { name: 'sphere', hidden: 4 },
};
const response = {
  name: 'nsn-digits',
  width: 2,
  similarity: { name: 'decoupled', magnitude: 'ball', angle: 'learned-sigmoid', orthogonality: 1e-2 },
};
const gates = { name: 'learned-binary', estimator: 'hard-concrete', sparsity: 0.01, target: 4, init: 1 };
const runs: [string, Partial<TrainConfigInput>][] = [
  ['static UNS, SGD', { steps: 6 }],
  ['gates with noise', { steps: 6, model: { name: 'nsn-digits', width: 2, shape: gates } }],
  ['dynamic DNS, Adam', { steps: 6, model: dynamic, optimizer: { name: 'adam', learningRate: 0.01 } }],
  ['a response with a learned radius, orthogonal kernels', { steps: 6, model: response }],
];

const curve = async (changes: Partial<TrainConfigInput>) => {
  const events = await collect(small(changes));
  // Where steps are recorded, they are replayed.
  expect(ofType(events, 'warning')).toEqual([]);
  return {
    losses: ofType(events, 'step').map(({ loss }) => loss),
    // By running statistics, where training keeps them.
    tested: ofType(events, 'evaluation').map(({ loss }) => loss as number),
    error: ofType(events, 'end')[0]?.result.testError,
  };
};

const exact: Awaited<ReturnType<typeof curve>>[] = [];

beforeAll(async () => {
  await start('cpu');
  for (const [, changes] of runs) exact.push(await curve(changes));
});

onEachEngine('a short training run', () => {
  test.each(runs.map(([name, changes], i) => [name, changes, i] as const))(
    '%s: the losses of six steps are those on cpu, and no tensor is left',
    async (_, changes, i) => {
      const before = tf.memory();
      const { losses, tested, error } = await curve(changes);
      const wanted = exact[i]!;
      expect([losses.length, tested.length]).toEqual([6, wanted.tested.length]);
      for (const [step, loss] of losses.entries())
        expect(Math.abs(loss - wanted.losses[step]!) / wanted.losses[step]!).toBeLessThan(1e-4);
      for (const [at, loss] of tested.entries())
        expect(Math.abs(loss - wanted.tested[at]!) / wanted.tested[at]!).toBeLessThan(1e-3);
      expect(error).toBe(wanted.error);
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
    },
  );
});
