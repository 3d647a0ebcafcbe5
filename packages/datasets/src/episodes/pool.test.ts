import { describe, expect, test } from 'vitest';
import { readImages } from '../split';
import type { Split } from '../types';
import { baseDataset } from './base-dataset';
import { joinPools, selectClasses } from './pool';
import { poolOfCounts } from './pool.fixture';
import { isFeaturePool, readPool } from './read-pool';
import type { ClassPool } from './types';

const featured = (pool: ClassPool): ClassPool => ({
  ...pool,
  shape: [1, 1, 2],
  images: Float32Array.from({ length: pool.count * 2 }, (_, i) => i / 2),
});

describe('pools', () => {
  test('classes in a new order; images are read when they are wanted, in any order', async () => {
    const pool = { ...poolOfCounts([2, 3, 1, 2]), groups: ['a', 'b', 'b', 'c'] };
    const some = selectClasses(pool, [3, 1]);
    expect(some).toMatchObject({ classes: ['class3', 'class1'], groups: ['c', 'b'], count: 5 });
    expect([...some.labels]).toEqual([1, 0, 1, 0, 1]);
    const bytes = await readImages(some as Split, [4, 0, 0, 3]);
    expect([...bytes].map((index) => pool.labels[index])).toEqual([1, 1, 1, 3]);
    expect(some.nameOf?.(0)).toBe('class1/0');
  });

  test('joined: classes by name, of the same name together', async () => {
    const [a, b] = [poolOfCounts([2, 1], 'b'), poolOfCounts([1, 2], 'a')];
    const all = joinPools([a, b, { ...a, images: Uint8Array.of(50, 51, 52) }]);
    expect(all).toMatchObject({ classes: ['a0', 'a1', 'b0', 'b1'], count: 9 });
    expect([...all.labels]).toEqual([2, 3, 2, 0, 1, 1, 2, 3, 2]);
    expect([...(await readImages(all as Split, [8, 3, 0, 7]))]).toEqual([52, 0, 0, 51]);
    expect(all.nameOf?.(5)).toBe('a1/1');
  });

  test('of other shapes, or images and features, are not joined', () => {
    const pool = poolOfCounts([1, 1]);
    expect(() => joinPools([pool, { ...pool, shape: [1, 1, 3] }])).toThrowError(/shape/);
    expect(() => joinPools([featured(pool), { ...pool, shape: [1, 1, 2] }])).toThrowError(/features/);
    expect(() => joinPools([])).toThrowError(/no pool/);
  });

  test('features are selected and joined', async () => {
    const pool = featured(poolOfCounts([2, 1]));
    const all = joinPools([pool, featured(poolOfCounts([1], 'other'))]);
    expect(isFeaturePool(all)).toBe(true);
    const { values, shape } = await readPool(selectClasses(all, [2, 0]), [2, 0]);
    expect(shape).toEqual([2, 2]);
    expect([...values]).toEqual([0, 0.5, 0, 0.5]);
    expect([...(selectClasses(pool, [1]).images as Float32Array)]).toEqual([1, 1.5]);
  });

  test('a data set of its classes: a share of each to test on, by seed', async () => {
    const pool = poolOfCounts([10, 5, 1, 2]);
    const { train, test: tested, classes } = baseDataset(pool, { seed: 2 });
    const counts = (split: Split) =>
      classes.map((_, label) => split.labels.filter((of) => of === label).length);
    expect([counts(train), counts(tested)]).toEqual([
      [8, 4, 1, 1],
      [2, 1, 0, 1],
    ]);
    const all = [...(await readImages(train, [...Array(train.count).keys()]))];
    all.push(...(await readImages(tested, [...Array(tested.count).keys()])));
    expect(new Set(all).size).toBe(18);
    const other = baseDataset(pool, { seed: 3 }).test;
    expect(await readImages(other, [0, 1, 2, 3])).not.toEqual(await readImages(tested, [0, 1, 2, 3]));
    expect(() => baseDataset(featured(pool))).toThrowError(
      expect.objectContaining({ code: 'EPISODE_FEATURES' }),
    );
  });
});
