import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readImages } from '../split';
import type { Dataset, Split } from '../types';
import { divideClasses, divideNames, requireDisjoint } from './divide-classes';
import { poolOfCounts } from './pool.fixture';
import type { Division } from './types';

const names = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
const sizes = (count: number, division?: Division) => {
  const { train, validation, test } = divideNames(names(count), division);
  return [train.length, validation.length, test.length];
};
const errorOf = (run: () => unknown) => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('classes are divided', () => {
  test('whatever the numbers: disjoint, all classes used, the same again, whatever their order', () => {
    const one = fc.option(
      fc.oneof(fc.integer({ min: 1, max: 6 }), fc.double({ min: 0.05, max: 0.3, noNaN: true })),
      {
        nil: undefined,
      },
    );
    const division = fc.record({ train: one, validation: one, seed: fc.maxSafeNat() });
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), division, (count, given) => {
        const all = names(count);
        const parts = divideNames(all, given);
        const used = [...parts.train, ...parts.validation, ...parts.test];
        expect(new Set(used).size).toBe(used.length);
        expect(used.length).toBe(count);
        expect(divideNames([...all].reverse(), given)).toEqual(parts);
        expect(Math.min(parts.train.length, parts.validation.length, parts.test.length)).toBeGreaterThan(0);
      }),
    );
  });

  test.each([
    [100, [64, 16, 20]],
    [1000, [640, 160, 200]],
    [25, [15, 5, 5]],
    [15, [5, 5, 5]],
    [12, [4, 4, 4]],
    [7, [3, 2, 2]],
    [3, [1, 1, 1]],
  ])('%i classes as usual: %j', (count, wanted) => {
    const met = sizes(count);
    expect(met.reduce((sum, n) => sum + n, 0)).toBe(count);
    expect([...met].sort((a, b) => a - b)).toEqual([...wanted].sort((a, b) => a - b));
    if (count > 20) expect(met).toEqual(wanted);
  });

  test('numbers, shares and names together; what is left out shares the rest', () => {
    expect(sizes(50, { train: 30, validation: 10, test: 10 })).toEqual([30, 10, 10]);
    expect(sizes(50, { train: 0.5, validation: 0.2, test: 0.3 })).toEqual([25, 10, 15]);
    expect(sizes(10, { train: 0.64, validation: 0.16, test: 0.2 })).toEqual([6, 2, 2]);
    expect(sizes(50, { test: ['c7', 'c3'] })).toEqual([38, 10, 2]);
    expect(divideNames(names(50), { test: ['c7', 'c3'] }).test).toEqual(['c7', 'c3']);
    expect(sizes(20, { train: 4, validation: 4, test: 4 })).toEqual([4, 4, 4]);
    expect(divideNames(names(50), { seed: 1 })).not.toEqual(divideNames(names(50), { seed: 2 }));
  });

  test('by group: groups stay whole', () => {
    const groups = names(40).map((_, i) => `g${i % 8}`);
    const parts = divideNames(names(40), { by: 'group', test: ['g1', 'g2'], seed: 3 }, groups);
    expect(parts.test.map((name) => groups[Number(name.slice(1))])).toEqual(
      Array.from({ length: 5 }, () => ['g1', 'g2']).flat(),
    );
    const groupsOf = (of: readonly string[]) => new Set(of.map((name) => groups[Number(name.slice(1))]));
    const [train, validation] = [groupsOf(parts.train), groupsOf(parts.validation)];
    expect([...train].some((group) => validation.has(group))).toBe(false);
    expect(train.size + validation.size).toBe(6);
    expect(errorOf(() => divideNames(names(9), { by: 'group' }))).toMatchObject({
      code: 'EPISODE_NO_GROUPS',
    });
  });

  test.each<[string, Division, string]>([
    ['a class in two parts', { train: ['c1', 'c2'], test: ['c2'] }, 'EPISODE_CLASS_TWICE'],
    ['a class twice in one', { train: ['c1', 'c1'] }, 'EPISODE_CLASS_TWICE'],
    ['an unknown class', { validation: ['c1', 'dog'] }, 'DATASET_UNKNOWN_CLASS'],
    ['more than there are', { train: 8, test: 3 }, 'EPISODE_BAD_DIVISION'],
    ['more shares than one', { train: 0.8, validation: 0.2, test: 0.2 }, 'EPISODE_BAD_DIVISION'],
    ['a number that is none', { train: 2.5 }, 'EPISODE_BAD_DIVISION'],
    ['nothing left', { train: 8, validation: 2 }, 'EPISODE_TOO_FEW_CLASSES'],
    ['a share of no class', { test: 0.01 }, 'EPISODE_TOO_FEW_CLASSES'],
    ['an empty list', { test: [] }, 'EPISODE_TOO_FEW_CLASSES'],
  ])('%s is refused', (_, division, code) => {
    expect(errorOf(() => divideNames(names(10), division))).toMatchObject({ code });
  });

  test('two classes; two of a name; parts that share one', () => {
    expect(errorOf(() => divideNames(['a', 'b']))).toMatchObject({ code: 'EPISODE_TOO_FEW_CLASSES' });
    expect(errorOf(() => divideNames(['a', 'b', 'a', 'c']))).toMatchObject({
      code: 'EPISODE_CLASS_TWICE',
      data: { class: 'a' },
    });
    const [train, other] = [poolOfCounts([2, 2], 'a'), poolOfCounts([2, 2], 'b')];
    const set = { name: 'x', shape: train.shape, train, validation: other };
    expect(errorOf(() => requireDisjoint({ ...set, test: poolOfCounts([2], 'a') }))).toMatchObject({
      code: 'EPISODE_SHARED_CLASS',
      data: { class: 'a0', where: ['train', 'test'] },
    });
  });

  test('all images of a class go with it, those of train and of test', async () => {
    const [train, tested] = [poolOfCounts(Array(20).fill(3)), poolOfCounts(Array(20).fill(2))];
    let closed = 0;
    const dataset = {
      name: 'both',
      shape: train.shape,
      classes: train.classes,
      train,
      test: { ...tested, images: (tested.images as Uint8Array).map((byte) => byte + 100) },
      close: async () => void closed++,
    } as Dataset;
    const set = divideClasses(dataset, { seed: 4 });
    const read: string[] = [];
    for (const part of [set.train, set.validation, set.test]) {
      expect(part.count).toBe(part.classes.length * 5);
      const bytes = await readImages(part as Split, [...Array(part.count).keys()]);
      for (const [i, byte] of bytes.entries()) {
        const of = byte >= 100 ? tested.labels[byte - 100]! : train.labels[byte]!;
        expect(part.classes[part.labels[i]!]).toBe(dataset.classes[of]);
        expect(part.nameOf?.(i).split('/')[0]).toBe(dataset.classes[of]);
        read.push(String(byte));
      }
    }
    expect(new Set(read).size).toBe(100);
    await set.close?.();
    expect(closed).toBe(1);
  });
});
