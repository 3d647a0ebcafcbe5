import type { ClassPool, FewShotDataset } from '@neusim/datasets';
import { createRegistry, NeusimError } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import fewshot, { parseFewShotConfig, requireRunEpisodes } from '../index';

const registry = createRegistry(fewshot);

const poolOf = (counts: readonly number[]): ClassPool => ({
  count: counts.reduce((sum, count) => sum + count, 0),
  shape: [1, 1, 1],
  classes: counts.map((_, label) => `class${label}`),
  images: { read: async () => Promise.reject(new Error('no image is asked for')) },
  labels: Int32Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label))),
});

type Counts = readonly number[];

function setup([train, validation, test]: readonly [Counts, Counts, Counts], more: object = {}) {
  const dataset: FewShotDataset = {
    name: 'counted',
    shape: [1, 1, 1],
    train: poolOf(train),
    validation: poolOf(validation),
    test: poolOf(test),
  };
  const config = (changes: object = {}) =>
    parseFewShotConfig({
      dataset: 'digits',
      method: 'proto-net',
      steps: 10,
      episodes: { way: 2 },
      evaluation: { way: 2 },
      ...more,
      ...changes,
    });
  const tested = ['validation', 'test'] as const;
  const errorOf = async (changes: object = {}): Promise<NeusimError> => {
    const told = await requireRunEpisodes(config(changes), dataset, { registry, tested }).catch(
      (error) => error,
    );
    expect(told).toBeInstanceOf(NeusimError);
    return told;
  };
  const fits = (changes: object) => requireRunEpisodes(config(changes), dataset, { registry, tested });
  return { errorOf, fits };
}

describe('what a run asks of its data set', () => {
  test('all that is to be lowered is told at once, and is enough: of each form the smallest class of its parts', async () => {
    const { errorOf, fits } = setup([
      [20, 9],
      [20, 7, 20],
      [20, 6, 20],
    ]);
    const error = await errorOf();
    expect(error).toMatchObject({
      code: 'EPISODE_TOO_FEW_IMAGES',
      data: { part: 'train', images: 9, lower: { 'episodes.query': 8, 'evaluation.query': 5 } },
    });
    expect(error.message).toMatch(/^training classes: class "class1" has 9 images/);
    expect(error.hint).toContain('episodes.query = 8, evaluation.query = 5');
    // Of two classes to train on, none can be left out.
    expect(error.data).not.toHaveProperty('leaveOut');
    await fits({ episodes: { way: 2, query: 8 }, evaluation: { way: 2, query: 5 } });
    await errorOf({ episodes: { way: 2, query: 9 }, evaluation: { way: 2, query: 5 } });
    await errorOf({ episodes: { way: 2, query: 8 }, evaluation: { way: 2, query: 6 } });
  });

  test('small classes are left out where enough are left in every part', async () => {
    const { errorOf, fits } = setup([
      [20, 20, 20],
      [20, 20, 20],
      [20, 6, 20],
    ]);
    const error = await errorOf();
    expect(error.data).toMatchObject({ part: 'test', leaveOut: { 'evaluation.minImages': 16 } });
    await fits({ evaluation: { way: 2, minImages: 16 } });
    const { errorOf: few } = setup([
      [20, 20, 20],
      [20, 6],
      [20, 6, 20],
    ]);
    expect((await few()).data).not.toHaveProperty('leaveOut');
  });

  test('too few classes and too few images of them', async () => {
    const { errorOf, fits } = setup([
      [20, 20, 4],
      [20, 20],
      [20, 20, 20],
    ]);
    const error = await errorOf({ episodes: {}, evaluation: { way: 3 } });
    expect(error.data.lower).toEqual({ 'episodes.way': 3, 'episodes.query': 3, 'evaluation.way': 2 });
    await fits({ episodes: { way: 3, query: 3 }, evaluation: { way: 2 } });
  });

  test('a class of one image cannot be asked for; no image is read', async () => {
    const { errorOf } = setup([
      [20, 20],
      [20, 20],
      [20, 1],
    ]);
    const error = await errorOf();
    expect(error.data).not.toHaveProperty('lower');
    expect(error.hint).toBe('add images.');
  });

  test('episodes of training are no matter where a method has none', async () => {
    const { fits } = setup(
      [
        [20, 1],
        [20, 20],
        [20, 20],
      ],
      { method: 'simple-shot' },
    );
    await fits({});
    const { fits: untrained } = setup(
      [
        [20, 1],
        [20, 20],
        [20, 20],
      ],
      { steps: 0 },
    );
    await untrained({});
  });
});
