import { describe, expect, test } from 'vitest';
import { trainingBatch } from '../batches';
import { random } from '../random';
import type { Split } from '../types';
import { drawEpisode } from './draw-episode';
import { readEpisode, readPool } from './read-pool';
import type { ClassPool } from './types';

const next = random(3, 99, 0);
const pool: ClassPool = {
  classes: ['a', 'b', 'c'],
  count: 12,
  shape: [6, 6, 3],
  images: Uint8Array.from({ length: 12 * 108 }, () => next() & 255),
  labels: Int32Array.from({ length: 12 }, (_, i) => i % 3),
};
const augment = {
  padCrop: { pad: 2, mode: 'mirror' },
  flip: true,
  colorJitter: { brightness: 0.4 },
} as const;

describe('what a network gets', () => {
  test('images in their order, normalised, of the size that the transform makes', async () => {
    const { values, shape } = await readPool(pool, [5, 0], { normalize: 'unit' });
    expect(shape).toEqual([2, 6, 6, 3]);
    const bytes = pool.images as Uint8Array;
    expect([...values.subarray(0, 108)]).toEqual(
      [...bytes.subarray(5 * 108, 6 * 108)].map((byte) => Math.fround(byte / 255)),
    );
    expect((await readPool(pool, [1], { transform: { centerCrop: 4 } })).shape).toEqual([1, 4, 4, 3]);
    expect(await readPool(pool, [])).toEqual({ values: new Float32Array(0), shape: [0, 6, 6, 3] });
  });

  test('augmented as a training batch of the same seed and step is', async () => {
    const options = { augment, normalize: 'unit', seed: 7 } as const;
    const batch = await trainingBatch(pool as Split, 2, { ...options, batchSize: 4, shuffle: false });
    const read = await readPool(pool, [8, 9, 10, 11], { ...options, step: 2 });
    expect(read.values).toEqual(batch.images);
    expect((await readPool(pool, [8, 9, 10, 11], { ...options, step: 3 })).values).not.toEqual(batch.images);
  });

  test('an episode: support and query read at once, each place with draws of its own', async () => {
    const episode = drawEpisode(pool, { way: 2, shot: 1, query: 3, seed: 1 }, 0);
    const options = { augment, seed: 7, step: 5 };
    const { support, query } = await readEpisode(pool, episode, options);
    expect([support.shape, query.shape]).toEqual([
      [2, 6, 6, 3],
      [6, 6, 6, 3],
    ]);
    const all = await readPool(pool, [...episode.support, ...episode.query], options);
    expect([...support.values, ...query.values]).toEqual([...all.values]);
  });

  test('features as they are', async () => {
    const features: ClassPool = {
      ...pool,
      shape: [1, 1, 2],
      images: Float32Array.from({ length: 24 }, (_, i) => i - 3.5),
    };
    const { values, shape } = await readPool(features, [2, 0], { normalize: 'unit', augment });
    expect(shape).toEqual([2, 2]);
    expect([...values]).toEqual([0.5, 1.5, -3.5, -2.5]);
    const { query } = await readEpisode(features, {
      support: Uint32Array.of(0),
      query: Uint32Array.of(11, 1),
    });
    expect(query).toEqual({ values: Float32Array.of(18.5, 19.5, -1.5, -0.5), shape: [2, 2] });
  });

  test('what mixes classes is refused', async () => {
    await expect(readPool(pool, [0, 1], { augment: { mixup: { alpha: 1 } } })).rejects.toMatchObject({
      code: 'DATASET_BAD_AUGMENT',
    });
  });
});
