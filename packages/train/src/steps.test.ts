// On an engine that records steps: the curve of a replayed run is that of the run op by op, bit for bit.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import webgpu from '@neusim/backend-webgpu';
import core, { eagerStep, engineAbilities, setEngineAbilities, startBackend } from '@neusim/core';
import { createRegistry, NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeCheckpoint } from './checkpoint/format';
import { type TrainEvent, train } from './index';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

const config = small({
  model: {
    name: 'nsn-digits',
    width: 2,
    similarity: 'dynamic-dns',
    predictor: { name: 'sphere', hidden: 4 },
  },
  checkpoint: { every: 5, keep: 3, seconds: 0 },
});

describe('captured steps on webgpu', () => {
  beforeAll(async () => void (await startBackend(createRegistry(core, webgpu), 'webgpu')));

  test.each([
    ['sgd', { name: 'sgd', learningRate: 0.05 }],
    ['adam', { name: 'adam', learningRate: 0.01 }],
  ] as const)('a replayed run is the run op by op, and goes on bit for bit: %s', async (_, optimizer) => {
    const out = temporaryFolder();
    const before = tf.memory().numTensors;
    const events = await collect({ ...config, optimizer }, { out });
    const [replayed] = ofType(events, 'end');
    const [eager] = ofType(await collect({ ...config, optimizer }, { capture: false }), 'end');
    expect(replayed?.result.history).toEqual(eager?.result.history);
    expect(ofType(events, 'warning')).toEqual([]);
    const resume = join(out, 'checkpoints', 'step-00000005.neusim');
    const [resumed] = ofType(await collect({ ...config, optimizer }, { resume }), 'end');
    expect(resumed?.result.history).toEqual(replayed?.result.history);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('mixed batches, some and all: a replayed run is the run op by op, bit for bit', async () => {
    const augment = { flip: true, mixup: { alpha: 0.4, p: 0.6 }, cutmix: { alpha: 1 } };
    const events = await collect({ ...config, steps: 8, augment });
    const [replayed] = ofType(events, 'end');
    const [eager] = ofType(await collect({ ...config, steps: 8, augment }, { capture: false }), 'end');
    expect(replayed?.result.history).toEqual(eager?.result.history);
    expect(ofType(events, 'warning')).toEqual([]);
    const plain = await collect({ ...config, steps: 8, augment: { flip: true } });
    expect(ofType(plain, 'end')[0]?.result.history).not.toEqual(replayed?.result.history);
  });

  test('programs are compiled before the first step, and the GPU’s memory is told', async () => {
    const events = await collect({
      ...config,
      steps: 2,
      model: { ...(config.model as object), name: 'nsn-digits', width: 3 },
    });
    const at = events.findIndex(({ type }) => type === 'compilation');
    const [compilation] = ofType(events, 'compilation');
    expect(compilation).toMatchObject({ step: 0 });
    expect(compilation?.pipelines).toBeGreaterThan(0);
    expect(at).toBeLessThan(events.findIndex(({ type }) => type === 'step'));
    expect(ofType(events, 'step')[0]?.bytesInGPU).toBeGreaterThan(0);
  });

  test('where a step cannot be recorded the run goes on op by op, and says why', async () => {
    const able = engineAbilities();
    setEngineAbilities('webgpu', {
      ...able,
      capture: (step) => eagerStep(step, 'it reads data from the GPU'),
    });
    try {
      const warnings = ofType(await collect({ ...config, steps: 3 }), 'warning');
      expect(warnings).toMatchObject([
        {
          code: 'STEP_NOT_CAPTURED',
          step: 1,
          message: expect.stringContaining('it reads data from the GPU'),
        },
      ]);
    } finally {
      setEngineAbilities('webgpu', able);
    }
  });

  test('a loss that is no number ends the run, and no spoiled checkpoint is written', async () => {
    const out = temporaryFolder();
    const wild = { ...config, steps: 40, log: { every: 40 }, checkpoint: { every: 1, keep: 50, seconds: 0 } };
    const events: TrainEvent[] = [];
    const failed = (async () => {
      const optimizer = { name: 'sgd', learningRate: 1e30 } as const;
      for await (const event of train({ ...wild, optimizer }, { registry, dataset: patterns, out }))
        events.push(event);
    })();
    await expect(failed).rejects.toMatchObject({
      code: 'TRAIN_NON_FINITE',
      data: { layer: expect.any(String) },
    });
    const checkpoints = ofType(events, 'checkpoint');
    expect(checkpoints.length).toBeGreaterThan(0);
    for (const { path } of checkpoints)
      for (const { values } of (await decodeCheckpoint(path, new Uint8Array(readFileSync(path)))).tensors)
        expect(values.every(Number.isFinite)).toBe(true);
  });

  test('a lost GPU stops the run at its last checkpoint', async () => {
    const out = temporaryFolder();
    const able = engineAbilities();
    let runs = 0;
    const lost = new NeusimError('GPU_LOST', 'the GPU was lost', {
      data: { reason: 'unknown' },
      hint: 'Start again.',
    });
    setEngineAbilities('webgpu', {
      ...able,
      capture(step, state) {
        const inner = able.capture!(step, state);
        return {
          ...inner,
          run: (inputs) => (inputs.length === 3 && ++runs > 7 ? Promise.reject(lost) : inner.run(inputs)),
          mode: 'eager',
          reason: null,
        };
      },
    });
    try {
      const path = join(out, 'checkpoints', 'step-00000005.neusim');
      await expect(collect(config, { out })).rejects.toMatchObject({
        code: 'GPU_LOST',
        hint: `Start again. The last checkpoint is ${path}.`,
        data: { step: 7, checkpoint: path, reason: 'unknown' },
      });
      expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-00000005.neusim']);
    } finally {
      setEngineAbilities('webgpu', able);
    }
  });
});
