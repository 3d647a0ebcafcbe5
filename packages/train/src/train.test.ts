import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { formatError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate, type TrainConfigInput, train } from './index';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

const dynamic = {
  name: 'nsn-digits',
  width: 2,

  similarity: 'dynamic-dns',
  predictor: { name: 'sphere', hidden: 4 },
};
const coded = (code: string, data: object = {}) =>
  expect.objectContaining({ code, data: expect.objectContaining(data) });

describe('events', () => {
  test('start, steps, evaluations, end', async () => {
    const events = await collect(small());
    expect(
      events
        .map(({ type }) => type)
        .filter((type) => type !== 'progress')
        .join(' '),
    ).toBe(`start ${'step '.repeat(5)}evaluation ${'step '.repeat(5)}evaluation step step evaluation end`);
    const [start] = ofType(events, 'start');
    expect(start).toMatchObject({
      backend: 'cpu',
      workers: 1,
      step: 0,
      steps: 12,
      stepsPerEpoch: 9,
      resumedFrom: null,
    });
    expect(start?.config.workers).toBe(1);
    expect(start?.dataset).toMatchObject({ name: 'patterns', trainImages: 90, testImages: 33 });
    const [end] = ofType(events, 'end');
    expect(end?.result.history.steps.map(({ loss }) => loss)).toEqual(
      ofType(events, 'step').map(({ loss }) => loss),
    );
    expect(end?.result).toMatchObject({ name: 'nsn-digits', steps: 12, model: null, top5Error: null });
    expect(structuredClone(events)).toEqual(events);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  test('the learning rate rises, then falls', async () => {
    const rates = ofType(await collect(small()), 'step').map(({ learningRate }) => learningRate);
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual(
      [1 / 30, 2 / 30, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01].map((rate) =>
        Number(rate.toFixed(6)),
      ),
    );
  });

  test('the mean of the steps since the last event, however seldom the loss is read', async () => {
    const each = ofType(await collect(small()), 'step').map(({ loss }) => loss);
    const seldom = ofType(await collect(small({ log: { every: 5, readEvery: 4 } })), 'step');
    const mean = (from: number, to: number) => each.slice(from, to).reduce((a, b) => a + b) / (to - from);
    expect(seldom.map(({ step, loss }) => [step, loss])).toEqual([
      [5, mean(0, 5)],
      [10, mean(5, 10)],
      [12, mean(10, 12)],
    ]);
  });

  test('the network learns', async () => {
    const config = small({
      steps: 60,
      schedule: { name: 'cosine' },
      augment: {},
      model: { ...dynamic, width: 4 },
    });
    const [end] = ofType(await collect(config), 'end');
    expect(end?.result.testError).toBeLessThan(5);
  });

  test('a loss that stands at ln(classes) is told once', async () => {
    const config = small({
      steps: 120,
      optimizer: { name: 'sgd', learningRate: 1e-9 },
      schedule: { name: 'constant' },
    });
    const still = {
      ...patterns,
      train: { ...patterns.train, images: new Uint8Array(patterns.train.images.length) },
    };
    const warnings = ofType(await collect(config, { dataset: still }), 'warning');
    expect(warnings).toMatchObject([{ code: 'LOSS_STANDS_STILL' }]);
  });
});

describe('memory', () => {
  test.each(['sgd', 'adam'] as const)('is flat over the steps with %s', async (name) => {
    const seen: tf.MemoryInfo[] = [];
    const before = tf.memory();
    for await (const event of train(small({ steps: 25, model: dynamic, optimizer: { name } }), {
      registry,
      dataset: patterns,
    }))
      if (event.type === 'step') seen.push(tf.memory());
    expect([seen[24]?.numTensors, seen[24]?.numBytes]).toEqual([seen[4]?.numTensors, seen[4]?.numBytes]);
    expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
  });

  test('a reader that stops frees everything, and a model that was taken stays', async () => {
    const before = tf.memory().numTensors;
    const run = train(small(), { registry, dataset: patterns });
    expect(() => run.takeModel()).toThrow(coded('TRAIN_NO_MODEL'));
    for await (const event of run) if (event.type === 'step') break;
    expect(tf.memory().numTensors).toBe(before);

    const other = train(small(), { registry, dataset: patterns });
    let testError: number | undefined;
    let model: ReturnType<typeof other.takeModel> | undefined;
    for await (const event of other)
      if (event.type === 'end') {
        testError = event.result.testError;
        model = other.takeModel();
      }
    expect((await evaluate(model!, patterns.test, { normalize: 'unit', batchSize: 10 })).error).toBe(
      testError,
    );
    disposeModel(model!);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a folder', () => {
  test('holds config, result, the newest checkpoints and a model that loads back', async () => {
    const out = temporaryFolder();
    const [end] = ofType(
      await collect(small({ checkpoint: { every: 2, keep: 2, seconds: 0 }, model: dynamic }), { out }),
      'end',
    );
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-00000010.neusim', 'step-00000012.neusim']);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toEqual(end?.result.config);
    expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toEqual(end?.result);
    const loaded = await loadModel(registry, modelFile(end?.result.model as string) as tf.io.IOHandler);
    const { error } = await evaluate(loaded, patterns.test, { normalize: 'unit' });
    expect(error).toBe(end?.result.testError);
    disposeModel(loaded);
  });

  test('of a run is not begun anew', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 2 }), { out });
    await expect(collect(small(), { out })).rejects.toThrow(coded('TRAIN_OUT_TAKEN', { step: 2 }));
  });
});

describe('a loss that is no number', () => {
  /** The fourth update is the first with a rate beyond all numbers. */
  const breaking = { name: 'step' as const, at: [3], factor: 1e300 } satisfies TrainConfigInput['schedule'];

  test('stops the run with step, layer and the last good checkpoint', async () => {
    const out = temporaryFolder();
    const before = tf.memory().numTensors;
    const config = small({ schedule: breaking, checkpoint: { every: 3, seconds: 0 } });
    const error = await collect(config, { out }).catch((thrown) => thrown);
    expect(error).toEqual(
      coded('TRAIN_NON_FINITE', { step: 5, layer: 'root', weight: 'root/kernel', what: 'weights' }),
    );
    expect(error.data.checkpoint).toBe(join(out, 'checkpoints', 'step-00000003.neusim'));
    expect(tf.memory().numTensors).toBe(before);
    // It is a good one.
    const again = await collect(config, { out, resume: true }).catch((thrown) => thrown);
    expect(again.data).toMatchObject({ step: 5 });
  });

  test('no checkpoint is written of a step that broke the weights', async () => {
    const out = temporaryFolder();
    const config = small({ schedule: breaking, checkpoint: { every: 1, seconds: 0 } });
    const error = await collect(config, { out }).catch((thrown) => thrown);
    expect(error).toEqual(coded('TRAIN_NON_FINITE', { step: 4, loss: null, layer: 'root', what: 'weights' }));
    expect(readdirSync(join(out, 'checkpoints')).at(-1)).toBe('step-00000003.neusim');
  });

  test('is found where the last step broke it', async () => {
    await expect(collect(small({ steps: 4, schedule: breaking }))).rejects.toThrow(
      coded('TRAIN_NON_FINITE', { step: 4 }),
    );
  });

  test('is found however seldom it is read', async () => {
    const config = small({ schedule: breaking, evaluation: {}, log: { every: 12, readEvery: 12 } });
    const often = await collect({ ...config, log: { every: 1 } }).catch((thrown) => thrown);
    const seldom = await collect(config).catch((thrown) => thrown);
    expect(seldom).toEqual(coded('TRAIN_NON_FINITE', { step: often.data.step }));
  });
});

test('the penalties of weights that have their own are told', async () => {
  const penalties = async (similarity: unknown) => {
    const events = await collect(small({ steps: 1, model: { name: 'nsn-digits', width: 2, similarity } }));
    expect(ofType(events, 'end')[0]?.result.penalties).toEqual(ofType(events, 'start')[0]?.penalties);
    return ofType(events, 'start')[0]?.penalties;
  };
  expect(await penalties('static-uns')).toEqual({
    'stage1_conv1/similarity': 0.005,
    'stage2_conv1/similarity': 0.005,
  });
  expect(await penalties({ name: 'static-uns', l2: 0 })).toEqual({});
});

test('the orthogonality of weights that have their own is told, and that they have no L2', async () => {
  const start = async (orthogonality: number, common = 0) => {
    const similarity = { name: 'hyperspherical', orthogonality };
    const model = { name: 'nsn-digits', width: 2, similarity };
    const events = await collect(small({ steps: 1, model, orthogonality: { filter: common } }));
    const [{ penalties, orthogonality: told }] = ofType(events, 'start') as [never];
    expect(ofType(events, 'end')[0]?.result.orthogonality).toEqual(told);
    return { penalties, told };
  };
  expect(await start(2e-4)).toEqual({
    told: { 'stage1_conv1/kernel': 2e-4, 'stage2_conv1/kernel': 2e-4 },
    penalties: { 'stage1_conv1/kernel': 0, 'stage2_conv1/kernel': 0 },
  });
  expect(await start(0, 1e-4)).toEqual({ told: {}, penalties: {} });
});

describe('what is refused', () => {
  test('a misspelt option of the model: once, with those there are', async () => {
    const error = await collect(small({ model: { name: 'nsn-digits', similarty: 'static-uns' } })).catch(
      (thrown) => thrown,
    );
    expect(formatError(error).split('\n')).toEqual([
      expect.stringMatching(
        /^model:nsn-digits: similarty = "static-uns": no such key, did you mean "similarity"\? allowed: inputShape, .* \[CONFIG_INVALID\]$/,
      ),
      '  hint: correct model.similarty',
    ]);
  });

  test('parts that do not go together: the hint of what refuses them', async () => {
    const given = { name: 'nsn-digits', operator: 'cond-conv', similarity: 'static-uns' };
    await expect(collect(small({ model: given }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      data: { path: 'model.similarity' },
      hint: expect.stringContaining('leave similarity out, or the operator'),
    });
  });

  test('bad keys of the parts, by path', async () => {
    const refused = (changes: object) => expect(collect(small(changes))).rejects;
    await refused({ model: { name: 'nsn-digits', wdith: 3 } }).toThrow(
      coded('CONFIG_INVALID', { path: 'model.wdith' }),
    );
    await refused({ model: { name: 'nsn-digits', similarity: { name: 'static-uns', l3: 1 } } }).toThrow(
      coded('CONFIG_INVALID', { path: 'model.similarity.l3' }),
    );
    await refused({
      model: { name: 'nsn-digits', similarity: { name: 'static-uns', int: 'identity' } },
    }).toThrow(
      'similarity:static-uns: int = "identity": no such key, did you mean "init"? allowed: init, l2',
    );
    await refused({ model: { name: 'nsn-digits', classes: 7 } }).toThrow(
      coded('CONFIG_INVALID', { path: 'model.classes' }),
    );
    await refused({ model: 'nsn-digit' }).toThrow(coded('REGISTRY_UNKNOWN_NAME'));
    await refused({ setps: 3 }).toThrow(coded('CONFIG_INVALID', { path: 'setps' }));
    await refused({ workers: 0 }).toThrow(coded('CONFIG_INVALID', { path: 'workers' }));
    await refused({ workers: 2 }).toThrow(coded('TRAIN_NO_WORKERS', { workers: 2 }));
    await refused({ batchSize: 91 }).toThrow(coded('DATASET_BAD_BATCH'));
  });

  test.each(['train', 'test'] as const)(
    'labels without a class, and no images, in the %s split',
    async (name) => {
      const changed = (changes: object) => ({ ...patterns, [name]: { ...patterns[name], ...changes } });
      const refused = (changes: object) =>
        expect(collect(small(), { dataset: changed(changes), out: temporaryFolder() })).rejects;
      for (const label of [-1, 3]) {
        const labels = patterns[name].labels.slice();
        labels[7] = label;
        await refused({ labels }).toThrow(
          coded('DATASET_BAD_LABEL', { split: name, index: 7, label, classes: 3 }),
        );
      }
      await refused({ count: 0 }).toThrow(coded('DATASET_EMPTY', { split: name }));
      expect(tf.memory().numTensors).toBe(0);
    },
  );
});
