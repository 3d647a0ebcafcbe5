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
const gates = { name: 'learned-binary', estimator: 'hard-concrete', sparsity: 0.01, target: 4, init: 1 };
const runs: [string, Partial<TrainConfigInput>][] = [
  ['static UNS, SGD', { steps: 6 }],
  ['gates with noise', { steps: 6, model: { name: 'nsn-digits', width: 2, shape: gates } }],
  ['dynamic DNS, Adam', { steps: 6, model: dynamic, optimizer: { name: 'adam', learningRate: 0.01 } }],
];

const curve = async (changes: Partial<TrainConfigInput>) => {
  const events = await collect(small(changes));
  return {
    losses: ofType(events, 'step').map(({ loss }) => loss),
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
      const { losses, error } = await curve(changes);
      const wanted = exact[i]!;
      expect(losses).toHaveLength(6);
      for (const [step, loss] of losses.entries())
        expect(Math.abs(loss - wanted.losses[step]!) / wanted.losses[step]!).toBeLessThan(1e-4);
      expect(error).toBe(wanted.error);
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
    },
  );
});
