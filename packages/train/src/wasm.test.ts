// The composed kernels on tfjs's wasm engine: the same curve as on cpu but for rounding, and the same when resumed.
import '@tensorflow/tfjs-backend-wasm';
import { join } from 'node:path';
import { startBackend } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

const config = small({
  model: {
    name: 'nsn-digits',
    width: 2,

    similarity: 'dynamic-uns',
    predictor: { name: 'sphere', hidden: 4 },
  },
  optimizer: { name: 'sgd', learningRate: 0.01 },
  checkpoint: { every: 5, keep: 3, seconds: 0 },
});

test('a run on wasm is the run on cpu, and goes on bit for bit', async () => {
  const out = temporaryFolder();
  await startBackend(registry, 'cpu');
  const [onCpu] = ofType(await collect(config), 'end');
  await startBackend(registry, 'wasm');
  const before = tf.memory().numTensors;
  const [onWasm] = ofType(await collect(config, { out }), 'end');
  expect(onWasm?.result.backend).toBe('wasm');
  for (const [index, { loss }] of onWasm!.result.history.steps.entries())
    expect(loss).toBeCloseTo(onCpu!.result.history.steps[index]!.loss, 3);

  const resume = join(out, 'checkpoints', 'step-00000005.neusim');
  const [resumed] = ofType(await collect(config, { resume }), 'end');
  expect(resumed?.result.history).toEqual(onWasm?.result.history);
  expect(tf.memory().numTensors).toBe(before);
});

test('a checkpoint of another engine is told', async () => {
  const out = temporaryFolder();
  await startBackend(registry, 'cpu');
  await collect({ ...config, steps: 2 }, { out });
  await startBackend(registry, 'wasm');
  const events = await collect({ ...config, steps: 3 }, { out, resume: true });
  expect(ofType(events, 'warning')).toMatchObject([{ code: 'OTHER_BACKEND', step: 2 }]);
});
