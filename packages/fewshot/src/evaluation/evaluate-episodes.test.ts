// Testing: what is counted, embeddings made once, the same results whoever does the work, nothing left behind.
import wasm from '@neusim/backend-wasm';
import { startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { createPool } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';

import { bundleWorker } from '../../../../tools/bundle-worker';
import { onEachEngine, start } from '../../../../tools/engines';
import plugin, { centroids } from '../test/centroids';
import { parts, tinyBackbone, tinyPool } from '../test/tiny';
import { buildLearner } from '../training/learner-recipe';
import type { Classifier, Learner } from '../types';

import type { EpisodeEvaluation } from './episode-evaluation';
import { evaluateEpisodes } from './evaluate-episodes';

const pool = tinyPool(8, 6, 1, 200);
const form = { way: 3, shot: 1, query: 2, episodes: 40, seed: 7, normalize: 'unit' } as const;

/** A learner whose classifier answers what it is told: logits of query i of an episode. */
function told(logits: (query: number, episode: number) => number[]): Learner {
  let episode = -1;
  return {
    model: undefined as never,
    training: { by: 'nothing' },
    async fit(_, way): Promise<Classifier> {
      episode++;
      const predict = (x: tf.Tensor) =>
        tf.tensor2d(Array.from({ length: x.shape[0]! }, (_, i) => logits(i, episode)));
      return { way, predict, dispose: () => {} };
    },
  };
}

describe('on cpu', () => {
  beforeAll(async () => {
    await start('cpu');
  });

  test('2-way, 2 queries: accuracies of 100, 50 and 0 %, loss, confusion by the pool’s classes', async () => {
    // Query 0 and 1 are of class 0, 2 and 3 of class 1.
    const right = [0, 0, 1, 1];
    const wrong = [
      [0, 0, 1, 1],
      [0, 1, 1, 0],
      [1, 1, 0, 0],
    ];
    const learner = told((i, episode) => (wrong[episode]![i] === 0 ? [1, 0] : [0, 1]));
    const result = await evaluateEpisodes(learner, tinyPool(2, 5), {
      way: 2,
      shot: 1,
      query: 2,
      episodes: 3,
    });
    expect([...result.accuracies]).toEqual([100, 50, 0]);
    expect(result.accuracy).toBe(50);
    expect(result.interval).toBeCloseTo((1.96 * 50) / Math.sqrt(3), 10);
    const hit = Math.log(1 + Math.exp(-1));
    expect(result.loss).toBeCloseTo((hit * 6 + (hit + 1) * 6) / 12, 6);
    const queries = (is: (label: number, predicted: number) => boolean) =>
      result.confusion.reduce(
        (sum, [label, predicted, count]) => sum + (is(label, predicted) ? count : 0),
        0,
      );
    expect(queries(() => true)).toBe(3 * right.length);
    expect(queries((label, predicted) => label === predicted)).toBe(6);
    expect(result.classAccuracies).toEqual([50, 50]);
    expect(result).toMatchObject({
      way: 2,
      shot: 1,
      query: 2,
      episodes: 3,
      classes: ['class1-0', 'class1-1'],
    });
  });

  test('how many classes episodes are drawn from: without those that are left out', async () => {
    const learner = told(() => [1, 0]);
    const few = tinyPool(4, 5);
    // Of the first class one image is left.
    const small = {
      ...few,
      labels: few.labels.map((label, index) => (index > 0 && label === 0 ? 1 : label)),
    };
    const asked = { ...form, way: 2, episodes: 2 };
    expect((await evaluateEpisodes(learner, small, { ...asked, minImages: 3 })).candidates).toBe(3);
    expect((await evaluateEpisodes(learner, few, asked)).candidates).toBe(4);
  });

  test('a logit that is no number is never right, and no class’s', async () => {
    const learner = told(() => [Number.NaN, Number.NaN]);
    const result = await evaluateEpisodes(learner, tinyPool(2, 5), { ...form, way: 2, episodes: 2 });
    expect(result.accuracy).toBe(0);
    expect(result.loss).toBeNaN();
    expect(result.confusion).toEqual([]);
    expect(result.classAccuracies).toEqual([0, 0]);
  });

  test('each image that an episode has is embedded once; with less memory again, to the same figures', async () => {
    const learner = centroids(tinyBackbone());
    const embedded: number[] = [];
    const embed = learner.embed!;
    vi.spyOn(learner, 'embed').mockImplementation((x) => {
      embedded.push(x.shape[0]);
      return embed(x);
    });
    const whole = await evaluateEpisodes(learner, pool, { ...form, batchSize: 20 });
    // The first is of one image, for the embeddings' size.
    expect(embedded).toEqual([1, 20, 20, 8]);
    expect(whole.accuracy).toBeGreaterThan(34);
    expect(whole.accuracy).toBeLessThan(100);
    embedded.length = 0;
    const part = await evaluateEpisodes(learner, pool, { ...form, batchSize: 20, memory: 4 * 36 * 24 });
    expect(embedded.length).toBeGreaterThan(8);
    expect(part).toEqual(whole);
    const adapting = await evaluateEpisodes(centroids(learner.model, true), pool, form);
    expect(adapting.accuracies).toEqual(whole.accuracies);
    expect(adapting.drawn).toBe(whole.drawn);
    disposeModel(learner.model);
  });

  test('other episodes have another fingerprint', async () => {
    const learner = told(() => [1, 0, 0]);
    const drawn = async (change: object, of = pool) =>
      (await evaluateEpisodes(learner, of, { ...form, ...change })).drawn;
    const all = [
      await drawn({}),
      await drawn({ seed: 8 }),
      await drawn({ episodes: 39 }),
      await drawn({ shot: 2 }),
      await drawn({}, tinyPool(8, 6, 2)),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(await drawn({})).toBe(all[0]);
  });

  test('leaves no tensor behind, stopped or failed too; tells its progress', async () => {
    const learner = centroids(tinyBackbone());
    const before = tf.memory().numTensors;
    const seen: string[] = [];
    await evaluateEpisodes(learner, pool, {
      ...form,
      episodes: 3,
      onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`),
    });
    expect(seen.at(-1)).toBe('episodes 3/3');
    expect(seen[0]).toMatch(/^embedding (\d+)\/\1$/);
    const controller = new AbortController();
    const stopped = evaluateEpisodes(learner, pool, {
      ...form,
      signal: controller.signal,
      onProgress: ({ phase, done }) => phase === 'episodes' && done === 2 && controller.abort('enough'),
    });
    await expect(stopped).rejects.toBe('enough');
    const failing = { ...learner, fit: () => Promise.reject(new Error('no')) };
    await expect(evaluateEpisodes(failing, pool, form)).rejects.toThrow('no');
    expect(tf.memory().numTensors).toBe(before);
    disposeModel(learner.model);
  });

  test.each([1, 2.5, 0])('%s episodes are refused', async (episodes) => {
    const learner = told(() => [1, 0, 0]);
    await expect(evaluateEpisodes(learner, pool, { ...form, episodes })).rejects.toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BAD_EPISODES' }),
    );
  });
});

let first: EpisodeEvaluation | undefined;
onEachEngine('the same episodes', () => {
  test('to the same accuracies and loss, and nothing is left', async () => {
    const learner = centroids(tinyBackbone());
    const before = tf.memory().numTensors;
    const found = await evaluateEpisodes(learner, pool, { ...form, episodes: 4, batchSize: 16 });
    expect(tf.memory().numTensors).toBe(before);
    first ??= found;
    expect(found.accuracies).toEqual(first.accuracies);
    expect(found.loss).toBeCloseTo(first.loss, 4);
    disposeModel(learner.model);
  });
});

describe('workers', () => {
  const registry = createRegistry(...parts, wasm, plugin);
  let url: URL;
  beforeAll(async () => {
    url = await bundleWorker(new URL('../test/worker.ts', import.meta.url));
    await startBackend(registry, 'wasm');
  });

  test.each([false, true])('1 or 2 give what this thread does (adapting: %s)', async (adapts) => {
    const backbone = tinyBackbone();
    const recipe = {
      method: { name: 'centroids', options: { adapts } },
      backbone: backbone.toJSON(null, false) as object,
      classes: 8,
      way: 3,
      seed: 1,
    };
    disposeModel(backbone);
    const learner = await buildLearner(registry, recipe);
    for (const variable of learner.model.weights) {
      const value = tf.randomNormal(variable.shape as number[], 0, 0.5, 'float32', 3);
      variable.write(tf.abs(value));
    }
    const here = await evaluateEpisodes(learner, pool, form);
    const before = tf.memory().numTensors;
    for (const size of [1, 2]) {
      const workers = await createPool({ url, size });
      try {
        const there = () => evaluateEpisodes(learner, pool, { ...form, workers: { pool: workers, recipe } });
        expect(await there()).toEqual(here);
        const first = await workers.each('memory');
        expect(await there()).toEqual(here);
        expect(await workers.each('memory')).toEqual(first);
      } finally {
        await workers.close();
      }
    }
    expect(tf.memory().numTensors).toBe(before);
    disposeModel(learner.model);
  });
});
