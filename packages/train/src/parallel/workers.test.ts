// Workers give the curve of one worker, bit for bit the same every time; stopped, resumed and killed as without.

import '@tensorflow/tfjs-backend-wasm';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import wasm from '@neusim/backend-wasm';
import core, { describeWeights, loadModel, startBackend } from '@neusim/core';
import { trainingBatch } from '@neusim/datasets';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models, { disposeModel } from '@neusim/models';
import { createRegistry, define, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPool, evaluate, type TrainConfigInput, type TrainContext, train } from '../index';
import { buildWorker, goingWrong } from '../test/build-worker';
import { patterns } from '../test/patterns';
import { collect, ofType, small, temporaryFolder } from '../test/setup';
import { openReplicas } from './replicas';

/** Plain tfjs layers, one with a penalty that the model itself adds to its loss. The workers do not know its name. */
const plain = define({
  kind: 'model',
  name: 'plain',
  version: '1.0.0',
  summary: 'a convolution and a dense layer',
  options: v.object({ inputShape: v.tuple([v.number(), v.number(), v.number()]), classes: v.number() }),
  load: () => (options: { inputShape: [number, number, number]; classes: number }) => ({
    name: 'plain',
    ...options,
    options,
    build: () =>
      tfl.sequential({
        layers: [
          tfl.layers.conv2d({
            inputShape: options.inputShape,
            filters: 4,
            kernelSize: 3,
            strides: 2,
            activation: 'relu',
            kernelInitializer: tfl.initializers.heNormal({ seed: 4 }),
          }),
          tfl.layers.flatten(),
          tfl.layers.dense({
            units: options.classes,
            kernelInitializer: tfl.initializers.glorotNormal({ seed: 5 }),
            kernelRegularizer: tfl.regularizers.l2({ l2: 0.01 }),
          }),
        ],
      }),
  }),
});
const registry = createRegistry(core, hypernet, masks, models, wasm, plugin('plain', '1.0.0', [plain]));
let url: URL;
beforeAll(async () => {
  url = await buildWorker();
  await startBackend(registry, 'wasm');
});

const run = (config: TrainConfigInput, context: Partial<TrainContext> = {}) =>
  collect(config, { registry, workers: { url }, ...context });
const losses = async (config: TrainConfigInput, context: Partial<TrainContext> = {}) =>
  ofType(await run(config, context), 'end')[0]?.result.history.steps.map(({ loss }) => loss) as number[];
const largestDifference = (a: readonly number[], b: readonly number[]) => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
};

/** A schedule that learns steadily: a curve that turns chaotic would show rounding, not mistakes. */
const steady = (changes: Partial<TrainConfigInput> = {}) =>
  small({
    steps: 50,
    optimizer: { name: 'sgd', learningRate: 0.02 },
    schedule: { name: 'constant' },
    ...changes,
  });
const dynamic = {
  name: 'nsn-digits',
  width: 2,
  similarity: 'dynamic-dns',
  predictor: { name: 'sphere', hidden: 4 },
};
/** Its learned radius is a share of the mean norm of the batch's patches. */
const response = {
  name: 'nsn-digits',
  width: 2,
  similarity: { name: 'decoupled', magnitude: 'ball', angle: 'learned-sigmoid', orthogonality: 1e-2 },
};

describe('50 steps', () => {
  // 10 images: parts of 5 and 5, and of 4, 3 and 3.
  test.each([
    ['a static similarity', {}],
    ['a predicted one and Adam', { model: dynamic, optimizer: { name: 'adam', learningRate: 3e-3 } }],
    ['a response with a learned radius', { model: response }],
  ] satisfies [string, Partial<TrainConfigInput>][])(
    'of %s, batch norm over the whole batch: 2 and 3 workers as one, to 1e-4',
    async (_, changes) => {
      const one = await losses(steady({ ...changes, workers: 1 }));
      expect(Math.min(...one)).toBeLessThan(0.8 * (one[0] as number));
      for (const workers of [2, 3]) {
        const many = await losses(steady({ ...changes, workers, syncBatchNorm: true }));
        expect(largestDifference(many, one)).toBeLessThan(1e-4);
      }
      const same = await losses(steady({ ...changes, workers: 1, syncBatchNorm: true }));
      expect(largestDifference(same, one)).toBeLessThan(1e-4);
      // The statistics of parts are others: the comparison above is one of something.
      expect(largestDifference(await losses(steady({ ...changes, workers: 2 })), one)).toBeGreaterThan(1e-3);
    },
  );

  test('without batch norm, with penalties of its own: 2 and 3 workers as one, to 1e-4', async () => {
    const config = steady({ model: 'plain', optimizer: { name: 'sgd', learningRate: 0.05 } });
    const one = await losses({ ...config, workers: 1 });
    expect(one.at(-1)).toBeLessThan(0.8 * (one[0] as number));
    for (const workers of [2, 3])
      expect(largestDifference(await losses({ ...config, workers }), one)).toBeLessThan(1e-4);
  });

  test('of gates that have a price, 20 of them: it is paid once, by 3 workers as by one, to 1e-4', async () => {
    const gates = (sparsity: number): Partial<TrainConfigInput> => ({
      steps: 20,
      model: {
        name: 'nsn-digits',
        width: 2,
        shape: { name: 'learned-binary', estimator: 'sigmoid', temperature: 1, sparsity },
      },
    });
    const one = await losses(steady({ ...gates(3), workers: 1 }));
    const many = await losses(steady({ ...gates(3), workers: 3, syncBatchNorm: true }));
    expect(largestDifference(many, one)).toBeLessThan(1e-4);
    // The price counts.
    expect(largestDifference(await losses(steady({ ...gates(0), workers: 1 })), one)).toBeGreaterThan(1e-3);
  });

  test('of mixed batches, 12 of them: 2 and 3 workers as one, to 1e-4', async () => {
    const augment = { mixup: { alpha: 0.4 }, cutmix: { alpha: 1 } };
    const config = steady({ steps: 12, augment });
    const one = await losses({ ...config, workers: 1 });
    for (const workers of [2, 3])
      expect(largestDifference(await losses({ ...config, workers, syncBatchNorm: true }), one)).toBeLessThan(
        1e-4,
      );
    // The second labels count.
    expect(largestDifference(await losses({ ...config, workers: 1, augment: {} }), one)).toBeGreaterThan(
      1e-2,
    );
  });

  test('one seed and number of workers, one curve and one test result, shared memory or not', async () => {
    const config = steady({ steps: 20, workers: 3 });
    const [end] = ofType(await run(config), 'end');
    for (const shareMemory of [true, false]) {
      const [again] = ofType(await run(config, { workers: { url, shareMemory } }), 'end');
      expect(again?.result.history).toEqual(end?.result.history);
    }
  });
});

test('noise of gates with 2 workers: one curve twice, and one draw a step, of the owner’s model', async () => {
  const shape = { name: 'learned-binary', estimator: 'hard-concrete', seed: 5 };
  const config = steady({ steps: 4, workers: 2, model: { name: 'nsn-digits', width: 2, shape } });
  const noiseAfter = async (steps: number, workers = 2) => {
    const training = train({ ...config, steps, workers }, { registry, dataset: patterns, workers: { url } });
    const curve: number[] = [];
    const noise: number[][] = [];
    for await (const event of training) {
      if (event.type === 'step') curve.push(event.loss as number);
      if (event.type !== 'end') continue;
      const model = training.takeModel();
      for (const { name, variable } of describeWeights(model))
        if (name.endsWith('/noise')) noise.push([...variable.read().dataSync()]);
      disposeModel(model);
    }
    return { curve, noise };
  };
  const [four, again, three, alone] = [
    await noiseAfter(4),
    await noiseAfter(4),
    await noiseAfter(3),
    await noiseAfter(4, 1),
  ];
  expect(four.curve).toHaveLength(4);
  expect(again).toEqual(four);
  expect(three.noise.length).toBeGreaterThan(0);
  for (const [i, values] of three.noise.entries()) expect(four.noise[i]).not.toEqual(values);
  // Both workers drew the same, once: as many draws as one worker makes.
  for (const [i, values] of alone.noise.entries())
    expect(largestDifference(four.noise[i] as number[], values)).toBeLessThan(1e-6);
});

test('events tell the workers, and the memory is flat', async () => {
  const seen: number[] = [];
  const before = tf.memory().numTensors;
  const config = steady({ steps: 12, workers: 2 });
  for await (const event of train(config, { registry, dataset: patterns, workers: { url } })) {
    if (event.type === 'start') expect([event.workers, event.config.workers]).toEqual([2, 2]);
    if (event.type === 'step') seen.push(tf.memory().numBytes);
  }
  expect(new Set(seen.slice(2)).size).toBe(1);
  expect(tf.memory().numTensors).toBe(before);
});

test.each([true, false])(
  'the workers keep nothing from step to step; memory shared: %s',
  async (shareMemory) => {
    const model = registry
      .make('model', 'nsn-digits', { width: 2, inputShape: [8, 8, 1], classes: 3 })
      .build();
    const pool = await createPool({ url, size: 2, shareMemory });
    try {
      const replicas = await openReplicas(pool, model, 'wasm');
      const options = { loss: { labelSmoothing: 0, epsilon: 0 }, syncBatchNorm: shareMemory };
      const seen: unknown[] = [];
      for (let step = 0; step < 6; step++) {
        const { loss, grads } = await replicas.step(
          await trainingBatch(patterns.train, step, { batchSize: 10, seed: 1 }),
          options,
        );
        tf.dispose([loss, grads]);
        await replicas.load();
        seen.push([await pool.each('memory'), tf.memory().numBytes]);
      }
      expect(seen.slice(1)).toEqual(Array(5).fill(seen[0]));
      // Another model in place of the first.
      await openReplicas(pool, model, 'wasm');
      expect([await pool.each('memory'), tf.memory().numBytes]).toEqual(seen[0]);
    } finally {
      await pool.close();
      disposeModel(model);
    }
  },
);

test('the model that is taken has the weights of now', async () => {
  const config = steady({ steps: 6, workers: 2, evaluation: { every: 3 } });
  const training = train(config, { registry, dataset: patterns, workers: { url } });
  const found: [number, number][] = [];
  for await (const event of training)
    if (event.type === 'evaluation') {
      const { loss } = await evaluate(training.takeModel(), patterns.test, { normalize: 'unit' });
      found.push([loss, event.loss as number]);
      if (event.step === 6) disposeModel(training.takeModel());
    }
  expect(found).toHaveLength(2);
  for (const [here, there] of found) expect(here).toBe(there);
});

test('evaluate spreads its batches over a pool: the same to the bit', async () => {
  const model = registry.make('model', 'nsn-digits', { width: 2, inputShape: [8, 8, 1], classes: 3 }).build();
  const pool = await createPool({ url, size: 2 });
  try {
    const options = { normalize: 'unit', batchSize: 7 } as const;
    const wanted = await evaluate(model, patterns.test, options);
    expect(await evaluate(model, patterns.test, { ...options, pool })).toEqual(wanted);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(evaluate(model, patterns.test, { ...options, pool, signal })).rejects.toThrow('enough');
  } finally {
    await pool.close();
    disposeModel(model);
  }
});

describe('stopping and resuming', () => {
  test('by the signal, to the same curve; with another number, to one that is told to differ', async () => {
    const config = steady({ steps: 9, workers: 2 });
    const whole = ofType(await run(config), 'end')[0]?.result.history;
    const out = temporaryFolder();
    const controller = new AbortController();
    const context = { registry, dataset: patterns, workers: { url }, out, signal: controller.signal };
    for await (const event of train(config, context)) {
      if (event.type === 'step' && event.step === 4) controller.abort();
      if (event.type === 'aborted') expect(event.step).toBe(4);
    }
    const from = join(out, 'checkpoints', 'step-00000004.neusim');
    // Left to itself it takes as many as before.
    const again = await run({ ...config, workers: 'auto' }, { resume: from });
    expect(ofType(again, 'start')).toMatchObject([{ workers: 2, step: 4 }]);
    expect(ofType(again, 'end')[0]?.result.history).toEqual(whole);
    expect(ofType(again, 'warning')).toEqual([]);
    for (const workers of [1, 3]) {
      const other = await run({ ...config, workers }, { resume: from });
      expect(ofType(other, 'warning')).toMatchObject([
        { code: 'OTHER_WORKERS', step: 4, message: expect.stringContaining('2 workers') },
      ]);
      expect(ofType(other, 'end')).toHaveLength(1);
    }
  });

  test('a checkpoint is one of one worker: the trained model loads', async () => {
    const out = temporaryFolder();
    const { modelFile } = await import('@neusim/platform');
    await run(steady({ steps: 3, workers: 2 }), { out });
    const model = await loadModel(registry, modelFile(join(out, 'model')) as tf.io.IOHandler);
    disposeModel(model);
  });

  test('a loss that is no number stops them with step and layer', async () => {
    const config = small({ workers: 2, schedule: { name: 'step', at: [3], factor: 1e300 } });
    await expect(run(config)).rejects.toMatchObject({
      code: 'TRAIN_NON_FINITE',
      data: { step: 5, layer: 'root' },
    });
  });
});

describe('a worker that fails stops the run', () => {
  test.each(['exit', 'leave', 'crash'] as const)(
    'dead by %s: with a checkpoint of the last step',
    async (how) => {
      const out = temporaryFolder();
      const config = steady({ steps: 9, workers: 3, syncBatchNorm: true });
      const broken = { url: goingWrong(url, { rank: 1, step: 5, how }) };
      const before = tf.memory().numTensors;
      const error = await run(config, { out, workers: broken }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'TRAIN_WORKER_FAILED', data: { worker: 1, step: 4 } });
      expect(error.hint).toContain(error.data.checkpoint);
      expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-00000004.neusim']);
      expect(tf.memory().numTensors).toBe(before);
      // Nothing is lost: it goes on to the curve it would have had.
      const resumed = ofType(await run(config, { out, resume: true }), 'end')[0]?.result.history;
      expect(resumed).toEqual(ofType(await run(config), 'end')[0]?.result.history);
    },
  );

  test('with an error of its own: with that', async () => {
    const broken = { url: goingWrong(url, { rank: 0, step: 2, how: 'throw' }) };
    await expect(run(steady({ workers: 2, syncBatchNorm: true }), { workers: broken })).rejects.toMatchObject(
      { code: 'TEST_FAILED', data: { worker: 0, met: 1 } },
    );
  });

  test('at its start', async () => {
    const before = tf.memory().numTensors;
    const missing = { url: new URL('missing.mjs', url) };
    await expect(run(steady({ workers: 2 }), { workers: missing })).rejects.toMatchObject({
      code: 'POOL_WORKER_DIED',
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('batch norm over the whole batch needs shared memory', async () => {
  await expect(
    run(steady({ workers: 2, syncBatchNorm: true }), { workers: { url, shareMemory: false } }),
  ).rejects.toMatchObject({ code: 'POOL_NO_SHARED_MEMORY' });
});
