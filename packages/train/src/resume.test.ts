// A run that was stopped goes on to the same curve and the same weights, bit for bit.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackend } from '@neusim/core';
import { computeStatistics } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint/format';
import type { TrainConfigInput, TrainContext, TrainEvent } from './index';
import { train } from './index';
import { patterns } from './test/patterns';
import { collect, ofType, registry, small, temporaryFolder } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

const dynamic = {
  name: 'nsn-digits',
  width: 2,

  similarity: 'dynamic-dns',
  parameterization: 'shared',
  predictor: { name: 'shared', hidden: 4, width: 4 },
};

/** What is learned includes a running mean. */
const response = {
  name: 'nsn-digits',
  width: 2,
  similarity: { name: 'decoupled', magnitude: 'ball', angle: 'learned-sigmoid', orthogonality: 1e-2 },
};

/** Runs until a log event or an evaluation of `step`, then stops by the signal; the last event is returned. */
async function stopAt(
  step: number,
  config: TrainConfigInput,
  context: Partial<TrainContext>,
): Promise<TrainEvent> {
  const controller = new AbortController();
  let last: TrainEvent | undefined;
  for await (const event of train(config, {
    registry,
    dataset: patterns,
    signal: controller.signal,
    ...context,
  })) {
    if ((event.type === 'step' || event.type === 'evaluation') && event.step === step) controller.abort();
    last = event;
  }
  return last as TrainEvent;
}

const weightsIn = (out: string) => {
  const json = JSON.parse(readFileSync(join(out, 'model', 'model.json'), 'utf8'));
  return readFileSync(join(out, 'model', json.weightsManifest[0].paths[0]));
};

const runs: [string, Partial<TrainConfigInput>, number][] = [
  ['SGD with momentum, a static similarity', {}, 7],
  ['Adam, a shared predictor', { model: dynamic, optimizer: { name: 'adam' } }, 4],
  [
    'a cosine, stopped between two log events, by an evaluation',
    { schedule: { name: 'cosine' }, log: { every: 5 }, evaluation: { every: 4 } },
    8,
  ],
  ['a response with a learned radius, orthogonal kernels', { model: response }, 7],
  ['stopped where an evaluation is due', {}, 5],
  [
    'gates with noise, which is state',
    {
      model: {
        ...(small().model as object),
        name: 'nsn-digits',
        shape: { name: 'learned-binary', estimator: 'hard-concrete', sparsity: 1e-3, target: 5 },
      },
    },
    7,
  ],
  ['taps that move, under a predicted M', { model: { ...dynamic, shape: 'deformable' } }, 4],
  [
    'resized, augmented, normalised by the data set, mixed',
    {
      transform: { resize: 10, centerCrop: 8 },
      normalize: 'dataset',
      augment: {
        randomResizedCrop: { scale: [0.5, 1] },
        verticalFlip: true,
        randAugment: { std: 0.5 },
        randomErasing: { value: 'random' },
        mixup: { alpha: 1 },
      },
    },
    7,
  ],
];

describe.each(runs)('%s', (_, changes, stop) => {
  test(`stopped at ${stop}, resumed`, async () => {
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    const config = small(changes);
    const [end] = ofType(await collect(config, { out: whole }), 'end');

    const aborted = await stopAt(stop, config, { out: parts });
    expect(aborted).toMatchObject({ type: 'aborted', step: stop });
    expect(tf.memory().numTensors).toBe(0);
    const events = await collect(config, { out: parts, resume: true });
    expect(ofType(events, 'start')).toMatchObject([{ step: stop }]);
    const [resumed] = ofType(events, 'end');
    expect(resumed?.result.history).toEqual(end?.result.history);
    expect(weightsIn(parts)).toEqual(weightsIn(whole));
  });
});

test('stopped between two log events, the mean is still that of all steps', async () => {
  const config = small({ log: { every: 4 }, checkpoint: { every: 3, keep: 9, seconds: 0 } });
  const out = temporaryFolder();
  const [end] = ofType(await collect(config, { out }), 'end');
  const from = join(out, 'checkpoints', 'step-00000006.neusim');
  const [resumed] = ofType(await collect(config, { out: temporaryFolder(), resume: from }), 'end');
  expect(resumed?.result.history).toEqual(end?.result.history);
});

test('what a crash may cost is bounded by time too', async () => {
  const config = small({ steps: 4, checkpoint: { seconds: 1e-6 } });
  const events = await collect(config, { out: temporaryFolder() });
  expect(ofType(events, 'checkpoint').map(({ step }) => step)).toEqual([1, 2, 3, 4]);
});

test('a finished run is resumed to its end at once, and may be made longer', async () => {
  const out = temporaryFolder();
  await collect(small({ steps: 4 }), { out });
  const again = await collect(small({ steps: 4 }), { out, resume: true });
  expect(again.map(({ type }) => type)).toEqual(['start', 'end']);
  const longer = await collect(small(), { out, resume: true });
  const [end] = ofType(longer, 'end');
  expect(end?.result.history.steps).toEqual(ofType(await collect(small()), 'end')[0]?.result.history.steps);
});

test('a run made longer has no trace of its first end', async () => {
  const [whole, parts] = [temporaryFolder(), temporaryFolder()];
  const config = (steps: number) => small({ steps, log: { every: 4 }, evaluation: { every: 4 } });
  const [end] = ofType(await collect(config(11), { out: whole }), 'end');
  const [first] = ofType(await collect(config(6), { out: parts }), 'end');
  expect(first?.result.history.steps.map(({ step }) => step)).toEqual([4, 6]);
  const [again] = ofType(await collect(config(6), { out: parts, resume: true }), 'end');
  expect(again?.result.history).toEqual(first?.result.history);
  const [longer] = ofType(await collect(config(11), { out: parts, resume: true }), 'end');
  expect(longer?.result.history.steps.map(({ step }) => step)).toEqual([4, 8, 11]);
  expect(longer?.result.history).toEqual(end?.result.history);
});

test('a finished run that is resumed keeps its speed', async () => {
  const out = temporaryFolder();
  const [end] = ofType(await collect(small({ steps: 4 }), { out }), 'end');
  expect(end?.result.trainImagesPerSecond).toBeGreaterThan(0);
  const [again] = ofType(await collect(small({ steps: 4 }), { out, resume: true }), 'end');
  expect(again?.result.trainImagesPerSecond).toBe(end?.result.trainImagesPerSecond);
  expect(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'))).toEqual(again?.result);
});

test('parts of files that a kill left are swept, and nothing else', async () => {
  const out = temporaryFolder();
  await collect(small({ steps: 2 }), { out });
  const parts = [
    'config.json.12ab34cd.partial',
    'report.html.12ab34cd.partial',
    'checkpoints/step-00000002.neusim.12ab34cd.partial',
    'model/weights.0123456789ab.bin.12ab34cd.partial',
  ];
  mkdirSync(join(out, 'model'), { recursive: true });
  for (const name of [...parts, 'notes.txt.12ab34cd.partial']) writeFileSync(join(out, name), 'x');
  await collect(small({ steps: 2 }), { out, resume: true });
  expect(parts.filter((name) => existsSync(join(out, name)))).toEqual([]);
  expect(existsSync(join(out, 'notes.txt.12ab34cd.partial'))).toBe(true);
});

test("a data set's mean and deviation are saved as numbers, and not looked for again", async () => {
  const out = temporaryFolder();
  const config = small({ steps: 4, normalize: 'dataset' });
  await collect(config, { out });
  const saved = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  const statistics = await computeStatistics(patterns.train);
  expect(saved.normalize).toEqual(statistics);
  // Resumed by either config; by others numbers it is another run.
  const other = { ...patterns, statistics: { mean: [1], std: [1] } };
  for (const again of [config, saved])
    expect(
      ofType(await collect({ ...again, steps: 5 }, { out, resume: true, dataset: other }), 'end'),
    ).toMatchObject([{ step: 5, result: { config: { normalize: statistics } } }]);
  const [known] = ofType(await collect(config, { dataset: other }), 'start');
  expect(known?.config.normalize).toEqual(other.statistics);
  for (const normalize of ['unit', other.statistics] as const)
    await expect(collect({ ...config, normalize }, { out, resume: true })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      data: { path: expect.stringMatching(/^normalize/) },
    });
});

describe('what is refused', () => {
  const coded = (code: string, data: object = {}, hint = /./) =>
    expect.objectContaining({
      code,
      data: expect.objectContaining(data),
      hint: expect.stringMatching(hint),
    });

  test('nothing to resume from', async () => {
    await expect(collect(small(), { out: temporaryFolder(), resume: true })).rejects.toThrow(
      coded('CHECKPOINT_NONE'),
    );
  });

  test('a checkpoint of another config or network, naming what differs', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 2 }), { out });
    const resumed = (changes: Partial<TrainConfigInput>) =>
      expect(collect(small(changes), { out, resume: true })).rejects;
    await resumed({ seed: 4 }).toThrow(coded('CHECKPOINT_MISMATCH', { path: 'seed', here: 4, there: 3 }));
    await resumed({ optimizer: { name: 'adam' } }).toThrow(
      coded('CHECKPOINT_MISMATCH', { path: 'optimizer.name' }),
    );
    await resumed({ model: dynamic }).toThrow(coded('CHECKPOINT_MISMATCH', { path: 'model.similarity' }));
    expect(tf.memory().numTensors).toBe(0);
  });

  test('another number of steps under a cosine, and why', async () => {
    const out = temporaryFolder();
    const config = { schedule: { name: 'cosine' } } as const;
    await collect(small({ ...config, steps: 2 }), { out });
    await expect(collect(small({ ...config, steps: 3 }), { out, resume: true })).rejects.toThrow(
      coded(
        'CHECKPOINT_MISMATCH',
        { path: 'steps', here: 3, there: 2 },
        /cosine schedule depends on the number/,
      ),
    );
  });

  test('fewer steps than are done', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 6 }), { out });
    await expect(collect(small({ steps: 4 }), { out, resume: true })).rejects.toThrow(
      coded('CHECKPOINT_MISMATCH', { path: 'steps', here: 4, there: 6 }),
    );
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).steps).toBe(6);
  });

  test('a tensor of another type, however well it is sealed', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 2 }), { out });
    const file = join(out, 'checkpoints', 'step-00000002.neusim');
    const saved = await decodeCheckpoint(file, readFileSync(file));
    const [first, ...rest] = saved.tensors;
    writeFileSync(
      file,
      await encodeCheckpoint({ ...saved, tensors: [{ ...first!, dtype: 'int32' }, ...rest] }),
    );
    await expect(collect(small(), { out, resume: true })).rejects.toThrow(
      coded('CHECKPOINT_MISMATCH', { file, index: 0, met: expect.stringContaining('int32') }),
    );
    expect(tf.memory().numTensors).toBe(0);
  });

  test('a file cut short or altered, by name', async () => {
    const out = temporaryFolder();
    await collect(small({ steps: 2 }), { out });
    const file = join(out, 'checkpoints', 'step-00000002.neusim');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, -9));
    await expect(collect(small(), { out, resume: true })).rejects.toThrow(
      coded('CHECKPOINT_TRUNCATED', { file }),
    );
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(file, bytes);
    await expect(collect(small(), { out, resume: file })).rejects.toThrow(
      coded('CHECKPOINT_CORRUPT', { file }),
    );
    expect(tf.memory().numTensors).toBe(0);
  });

  test('an abort without a folder keeps nothing, and says so', async () => {
    expect(await stopAt(3, small(), {})).toEqual({ type: 'aborted', step: 3, checkpoint: null });
  });
});
