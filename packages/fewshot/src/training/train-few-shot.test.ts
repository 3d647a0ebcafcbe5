// Runs of few-shot learners: what steps train on, what is kept, what a stop costs, and what is refused.
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@neusim/core';
import { type ClassPool, readImages, type Split } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { train } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import {
  evaluateEpisodes,
  type FewShotConfigInput,
  openFewShotRun,
  type parseFewShotConfig,
  trainFewShot,
} from '../index';
import {
  collect,
  dataset,
  type Event,
  ofType,
  prepared,
  registry,
  small,
  temporaryFolder,
} from '../test/run';
import { tinyPool } from '../test/tiny';

beforeAll(async () => {
  await start('wasm');
});

const means = (options: object) => ({ name: 'means', ...options });
const classes = { method: means({ by: 'classes' }) };
const coded = (code: string, data: object = {}, hint = /./) =>
  expect.objectContaining({
    code,
    data: expect.objectContaining(data),
    hint: expect.stringMatching(hint),
  });

/** Stops at an evaluation or a log event of `step`. */
async function stopAt(step: number, config: FewShotConfigInput, out: string): Promise<Event | undefined> {
  const controller = new AbortController();
  let last: Event | undefined;
  for await (const event of trainFewShot(config, { registry, dataset, out, signal: controller.signal })) {
    if ((event.type === 'step' || event.type === 'evaluation') && event.step === step) controller.abort();
    last = event;
  }
  return last;
}

describe.each<[string, Partial<FewShotConfigInput>]>([
  ['episodes', {}],
  ['base classes', classes],
  ['episodes, and base classes in between', { method: means({ auxiliary: 0.5, prepares: true }) }],
])('trained by %s', (_, changes) => {
  const config = small(changes);

  test('the loss falls, tests have an interval, no tensor is left', async () => {
    const before = tf.memory().numTensors;
    const events = await collect(
      small({ ...changes, steps: 16, augment: {}, evaluation: { ...config.evaluation, every: 8 } }),
    );
    const losses = ofType(events, 'step').map(({ loss }) => loss);
    const mean = (some: number[]) => some.reduce((a, b) => a + b) / some.length;
    expect(losses).toHaveLength(16);
    expect(mean(losses.slice(-4))).toBeLessThan(0.8 * mean(losses.slice(0, 4)));
    const evaluations = ofType(events, 'evaluation');
    expect(evaluations.map(({ step }) => step)).toEqual([8, 16]);
    for (const { interval, testError, top5Error } of evaluations) {
      expect(interval).toBeGreaterThan(0);
      expect(testError).toBeGreaterThanOrEqual(0);
      expect(top5Error).toBeNull();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('stopped and resumed, it is the run that was not: curve, tests, weights', async () => {
    const [whole, pieces] = [temporaryFolder(), temporaryFolder()];
    const [end] = ofType(await collect(config, { out: whole }), 'end');
    expect(await stopAt(3, config, pieces)).toMatchObject({ type: 'aborted', step: 3 });
    const events = await collect(config, { out: pieces, resume: true });
    expect(ofType(events, 'start')).toMatchObject([{ step: 3 }]);
    const [resumed] = ofType(events, 'end');
    expect(resumed?.result.history).toEqual(end?.result.history);
    expect(resumed?.result.bestStep).toBe(end?.result.bestStep);
    const weights = (out: string) => {
      const json = JSON.parse(readFileSync(join(out, 'model', 'model.json'), 'utf8'));
      return readFileSync(join(out, 'model', json.weightsManifest[0].paths[0]));
    };
    expect(weights(pieces)).toEqual(weights(whole));
  });
});

describe('what is kept', () => {
  test('the weights that were tested best, in the checkpoint and at the end', async () => {
    const out = temporaryFolder();
    // A rate so high that training forgets what it knew.
    const config = small({
      steps: 6,
      optimizer: { name: 'sgd', learningRate: 3 },
      evaluation: { every: 1, way: 3, query: 2, episodes: 12 },
    });
    let accuracy = 0;
    let live = 0;
    let result: Extract<Event, { type: 'end' }>['result'] | undefined;
    const run = trainFewShot(config, { registry, dataset, out });
    for await (const event of run) {
      if (event.type !== 'end') continue;
      result = event.result;
      const learner = run.takeLearner();
      live = tf.memory().numTensors;
      accuracy = (await evaluated(learner, event.result.config)).accuracy;
      disposeModel(learner.model);
    }
    const errors = result!.history.evaluations.map(({ testError }) => testError);
    const least = Math.min(...errors);
    expect(errors.at(-1)).toBeGreaterThan(least);
    expect(result).toMatchObject({ testError: least, bestStep: 1 + errors.indexOf(least) });
    expect(result!.interval).toBe(result!.history.evaluations[errors.indexOf(least)]!.interval);
    expect(accuracy).toBeCloseTo(100 - least, 10);
    expect(live).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toEqual(result);

    const before = tf.memory().numTensors;
    const opened = await openFewShotRun(out, { registry });
    expect(opened).toMatchObject({
      step: 6,
      history: result!.history,
      config: { classes: 6, inputShape: [12, 12, 1] },
    });
    expect((await evaluated(opened.learner, opened.config)).accuracy).toBe(accuracy);
    disposeModel(opened.learner.model);
    const last = await openFewShotRun(opened.checkpoint, { registry, weights: 'last' });
    expect((await evaluated(last.learner, last.config)).accuracy).toBeCloseTo(100 - errors.at(-1)!, 10);
    disposeModel(last.learner.model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a run ends where tests get no better; a longer patience goes on', async () => {
    const out = temporaryFolder();
    const config = (patience: number) =>
      small({
        steps: 9,
        optimizer: { name: 'sgd', learningRate: 3 },
        stop: { patience },
        evaluation: { every: 1, way: 3, query: 2, episodes: 12 },
      });
    const [end] = ofType(await collect(config(2), { out }), 'end');
    const { bestStep } = end!.result;
    expect(end).toMatchObject({ step: bestStep! + 2, result: { steps: bestStep! + 2 } });
    expect(end!.step).toBeLessThan(9);
    // It has ended, whoever asks.
    const again = await collect(config(2), { out, resume: true });
    expect(again.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(ofType(again, 'end')[0]!.result.history).toEqual(end!.result.history);
    const [longer] = ofType(await collect(config(0), { out, resume: true }), 'end');
    const [whole] = ofType(await collect(config(0)), 'end');
    expect(longer!.result.history).toEqual(whole!.result.history);
    expect(longer!.result.bestStep).toBe(whole!.result.bestStep);
  });

  test('what a learner prepares is computed once, of all base images, for the weights that are kept', async () => {
    prepared.length = 0;
    const out = temporaryFolder();
    const events = await collect(small({ steps: 4, method: means({ prepares: true }) }), { out });
    expect(prepared).toEqual([48]);
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['checkpoint', 'end']);
    await collect(small({ steps: 4, method: means({ prepares: true }) }), { out, resume: true });
    expect(prepared).toEqual([48]);
  });

  test('stopped in its last test, or while what it prepares is computed, it goes on as if it had not been', async () => {
    const config = small({
      steps: 4,
      evaluation: { ...small().evaluation, every: 0, batchSize: 16 },
      method: means({ prepares: true }),
    });
    const whole = temporaryFolder();
    await collect(config, { out: whole });
    const last = async (out: string) => {
      const { learner, history, step } = await openFewShotRun(out, { registry });
      const values = await Promise.all(learner.model.weights.map((weight) => weight.read().data()));
      disposeModel(learner.model);
      return { values, history, step };
    };
    for (const stops of ['test', 'preparation']) {
      prepared.length = 0;
      const out = temporaryFolder();
      const controller = new AbortController();
      const train = { ...dataset.train };
      const pools = {
        ...dataset,
        train,
        validation: stops === 'test' ? stopping(dataset.validation, controller) : dataset.validation,
      };
      let isTested = false;
      Object.assign(
        train,
        stopping(dataset.train, controller, () => isTested),
      );
      const events: Event[] = [];
      const run = trainFewShot(config, { registry, dataset: pools, out, signal: controller.signal });
      for await (const event of run) {
        events.push(event);
        isTested ||= stops === 'preparation' && event.type === 'evaluation';
      }
      expect(events.at(-1)).toMatchObject({ type: 'aborted', step: 4 });
      expect(prepared).toEqual([]);
      const [end] = ofType(await collect(config, { out, resume: true }), 'end');
      expect(prepared).toEqual([48]);
      expect(end!.result.bestStep).toBe(4);
      expect(await last(out)).toEqual(await last(whole));
    }
  });

  test('the backbone is saved as a model, which can be the backbone of another run', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    const [end] = ofType(await collect(small({ steps: 4 }), { out: first }), 'end');
    const folder = end!.result.model!;
    const network = await loadModel(registry, modelFile(folder) as tf.io.IOHandler);
    expect(network.outputs[0]!.shape).toEqual([null, 36]);
    disposeModel(network);
    const config = small({ backbone: { file: folder }, method: means({ by: 'nothing' }) });
    const [tested] = ofType(await collect(config, { out: second }), 'end');
    expect(tested!.result.testError).toBe(end!.result.testError);
    // Its folder is enough.
    renameSync(folder, `${folder}-elsewhere`);
    const opened = await openFewShotRun(second, { registry });
    expect((await evaluated(opened.learner, opened.config)).accuracy).toBeCloseTo(
      100 - end!.result.testError,
      10,
    );
    disposeModel(opened.learner.model);
  });
});

/** The pool, of which a look at an image stops the run, once `isTime`. */
const stopping = (pool: ClassPool, controller: AbortController, isTime = () => true): ClassPool => ({
  ...pool,
  images: {
    async read(indices) {
      if (isTime()) controller.abort('stopped');
      return readImages(pool as Split, indices);
    },
  },
});

const evaluated = (
  learner: Parameters<typeof evaluateEpisodes>[0],
  { evaluation, normalize }: ReturnType<typeof parseFewShotConfig>,
) => {
  const { every: _, pool, ...options } = evaluation;
  return evaluateEpisodes(learner, dataset[pool], { ...options, normalize });
};

describe('a method that nothing trains', () => {
  test('is tested, and has ended, on images as they are too', async () => {
    const out = temporaryFolder();
    const config = small({ method: means({ by: 'nothing' }), backbone: 'identity', steps: 500 });
    const events = await collect(config, { out });
    expect(events.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      'start',
      'evaluation',
      'checkpoint',
      'end',
    ]);
    expect(ofType(events, 'end')).toMatchObject([
      { step: 0, result: { steps: 0, bestStep: 0, config: { steps: 0 }, parameters: 0 } },
    ]);
    expect(ofType(events, 'evaluation')[0]!.testError).toBeLessThan(67);
    const opened = await openFewShotRun(out, { registry });
    expect(opened.backbone.outputs[0]!.shape).toEqual([null, 144]);
    disposeModel(opened.learner.model);
  });

  test('what it prepares is there when it is tested', async () => {
    prepared.length = 0;
    await collect(small({ method: means({ by: 'nothing', prepares: true }) }));
    expect(prepared).toEqual([48]);
  });
});

test('features, which no network has to embed', async () => {
  const features = (seed: number, of: number) => {
    const { images, ...rest } = tinyPool(of, 6, seed);
    return {
      ...rest,
      shape: [1, 1, 144] as const,
      images: Float32Array.from(images as Uint8Array, (v) => v / 255),
    };
  };
  const pools = {
    name: 'features',
    shape: [1, 1, 144] as const,
    train: features(1, 6),
    validation: features(2, 4),
    test: features(3, 4),
  };
  const config = small({ steps: 0, augment: {}, backbone: 'identity' });
  const [end] = ofType(await collect(config, { dataset: pools }), 'end');
  expect(end!.result.config).toMatchObject({ inputShape: [144], normalize: 'none' });
  await expect(collect(small({ augment: {} }), { dataset: pools })).rejects.toThrow(
    coded('FEWSHOT_BACKBONE', {}, /identity/),
  );
});

describe('what is refused', () => {
  test.each<[string, Partial<FewShotConfigInput>, string, object, RegExp]>([
    ['a key that is none', { epochs: 3 } as never, 'CONFIG_INVALID', { path: 'epochs' }, /./],
    [
      'an option of the method',
      { method: means({ by: 'magic' }) },
      'CONFIG_INVALID',
      { path: 'method.by' },
      /./,
    ],
    [
      'an option of the backbone',
      { backbone: { name: 'cnn-4', widhts: [4] } },
      'CONFIG_INVALID',
      { path: 'backbone.widhts' },
      /./,
    ],
    [
      'mixed classes',
      { augment: { mixup: { alpha: 1 } } },
      'CONFIG_INVALID',
      { path: 'augment.mixup' },
      /Leave/,
    ],
    [
      'another number of classes',
      { classes: 7 },
      'CONFIG_INVALID',
      { path: 'classes', met: 7, wanted: 6 },
      /Leave/,
    ],
    [
      'more classes than there are',
      { episodes: { way: 7, query: 2 } },
      'EPISODE_TOO_FEW_CLASSES',
      { way: 7, classes: 6 },
      /episodes\.way = 6/,
    ],
    [
      'more images than a class has',
      { evaluation: { way: 3, shot: 5, query: 2 } },
      'EPISODE_TOO_FEW_IMAGES',
      { shot: 5, query: 2 },
      /evaluation\.query = 1/,
    ],
    [
      'a batch larger than the pool',
      { ...classes, batchSize: 49 },
      'DATASET_BAD_BATCH',
      { batchSize: 49 },
      /smaller/,
    ],
    ['nothing to train', { backbone: 'identity' }, 'FEWSHOT_NO_WEIGHTS', {}, /steps to 0/],
    [
      'a backbone for larger images',
      { backbone: { name: 'cnn-4', inputShape: [28, 28, 1] } },
      'FEWSHOT_BACKBONE',
      { takes: [[28, 28, 1]] },
      /resize": 28/,
    ],
    ['a method that nobody knows', { method: 'meens' }, 'REGISTRY_UNKNOWN_NAME', {}, /./],
  ])('%s', async (_, changes, code, data, hint) => {
    const before = tf.memory().numTensors;
    await expect(collect(small(changes))).rejects.toThrow(coded(code, data, hint));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a resumed run with other episodes, naming what differs; a folder of a classifier', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 2 }), { out });
    const resumed = (changes: Partial<FewShotConfigInput>) =>
      expect(collect(small({ steps: 2, ...changes }), { out, resume: true })).rejects;
    await resumed({ episodes: { way: 3, query: 3, tasks: 2 } }).toThrow(
      coded('CHECKPOINT_MISMATCH', { path: 'episodes.query' }),
    );
    await resumed({ evaluation: { every: 2, way: 3, query: 2, episodes: 13 } }).toThrow(
      coded('CHECKPOINT_MISMATCH', { path: 'evaluation.episodes' }),
    );
    await resumed({ steps: 1 }).toThrow(coded('CHECKPOINT_MISMATCH', { path: 'steps' }));
    const mixed = temporaryFolder();
    const auxiliary = (steps: number) => small({ steps, method: means({ auxiliary: 0.5 }) });
    await collect(auxiliary(2), { out: mixed });
    await expect(collect(auxiliary(3), { out: mixed, resume: true })).rejects.toThrow(
      coded('CHECKPOINT_MISMATCH', { path: 'steps', here: 3, there: 2 }),
    );
    const other = temporaryFolder();
    const classifier = {
      name: 'tiny',
      shape: dataset.shape,
      classes: dataset.train.classes,
      train: dataset.train,
      test: dataset.train,
    };
    for await (const _ of train(
      { dataset: 'tiny', model: { name: 'nsn-digits', width: 2 }, steps: 1, batchSize: 8 },
      { registry, dataset: classifier as never, out: other },
    ));
    await expect(openFewShotRun(other, { registry })).rejects.toThrow(coded('FEWSHOT_OTHER_RUN'));
    await expect(openFewShotRun(temporaryFolder(), { registry })).rejects.toThrow(coded('CHECKPOINT_NONE'));
  });
});
