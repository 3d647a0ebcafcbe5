// On tfjs's wasm engine with the seam's composed kernels: the same curve as on cpu but for rounding, and the same when
// resumed; and what a run knows of its engine.
import '@tensorflow/tfjs-backend-wasm';
import { join } from 'node:path';
import wasm from '@neusim/backend-wasm';
import core, { startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
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

test('a run remembers the options of its engine, and tells where they are others', async () => {
  const engine = createRegistry(core, hypernet, masks, models, wasm);
  const out = temporaryFolder();
  await startBackend(engine, 'wasm', { precision: 'fast' });
  const [start] = ofType(await collect({ ...config, steps: 2 }, { out }), 'start');
  expect(start?.backend).toBe('wasm (precision fast)');
  await startBackend(engine, 'wasm');
  const events = await collect({ ...config, steps: 3 }, { out, resume: true });
  expect(ofType(events, 'warning')).toMatchObject([
    { code: 'OTHER_BACKEND', message: expect.stringContaining('wasm (precision fast)') },
  ]);
});
