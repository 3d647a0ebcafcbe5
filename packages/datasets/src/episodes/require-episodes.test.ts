import type { NeusimError } from '@neusim/registry';
import { describe, expect, test } from 'vitest';
import { drawEpisode } from './draw-episode';
import { poolOfCounts } from './pool.fixture';
import { requireEpisodes } from './require-episodes';
import type { ClassPool, EpisodeOptions } from './types';

const form: EpisodeOptions = { way: 3, shot: 1, query: 2, seed: 1 };
function errorOf(pool: ClassPool, options: EpisodeOptions): NeusimError {
  try {
    requireEpisodes(pool, options);
  } catch (error) {
    return error as NeusimError;
  }
  throw new Error('nothing was thrown');
}

describe('what a pool must have', () => {
  test('two classes for a 5-way episode', () => {
    const error = errorOf(poolOfCounts([9, 9]), { ...form, way: 5 });
    expect(error).toMatchObject({ code: 'EPISODE_TOO_FEW_CLASSES', data: { classes: 2, way: 5 } });
    expect(error.hint).toContain('lower way to 2');
    expect(errorOf(poolOfCounts([9]), form).hint).toContain('needs two classes');
  });

  test('a class with one image', () => {
    const error = errorOf(poolOfCounts([9, 1, 9, 9]), form);
    expect(error).toMatchObject({ code: 'EPISODE_TOO_FEW_IMAGES', data: { class: 'class1', images: 1 } });
    expect(error.message).toContain('class "class1" has 1 image; 1 to learn from and 2 to ask for');
    expect(error.hint).toContain('minImages to 3');
  });

  test('more shots than a class has images; queries that do not fit', () => {
    const many = errorOf(poolOfCounts([9, 9, 4, 5]), { ...form, shot: 6 });
    expect(many).toMatchObject({ code: 'EPISODE_TOO_FEW_IMAGES', data: { class: 'class2', classes: 2 } });
    expect(many.hint).toContain('lower shot to 3 and query to 1');
    expect(errorOf(poolOfCounts([9, 9, 4]), { ...form, shot: 3 }).hint).toContain('lower query to 1');
  });

  test('of several classes that are too small the smallest is told; leaving out is no advice where too few are left', () => {
    const several = errorOf(poolOfCounts([9, 2, 9, 1, 9, 2]), form);
    expect(several).toMatchObject({ data: { class: 'class3', images: 1, classes: 3 } });
    expect(several.hint).toContain('minImages to 3');
    const none = errorOf(poolOfCounts([4, 4, 4, 9]), { ...form, shot: 6 });
    expect(none.hint).toBe('lower shot to 3 and query to 1; or add images to it');
    expect(none.data).toMatchObject({ lower: { shot: 3, query: 1 } });
    expect(none.data).not.toHaveProperty('leaveOut');
  });

  test.each([
    ['the queries, as far as one', [20, 20], { shot: 19, query: 9 }, { query: 1 }],
    ['then the shot', [20, 20], { shot: 20, query: 9 }, { shot: 19, query: 1 }],
    ['it alone, where one is asked', [4, 4], { shot: 4, query: 1 }, { shot: 3 }],
    ['nothing, of a single image', [4, 1], {}, undefined],
  ])('lowered is no more than has to be: %s', (_, counts, options, lower) => {
    expect(errorOf(poolOfCounts(counts), { ...form, way: 2, ...options }).data.lower).toEqual(lower);
  });

  test.each([
    ['enough are left', [9, 9, 1, 9], {}, { minImages: 3 }],
    ['too few are left for the way', [9, 9, 1], {}, { minImages: 2, way: 2 }],
    ['those that are left have too few images', [3, 3, 1, 3], { query: 5 }, { minImages: 2, query: 2 }],
    ['both', [3, 3, 1], { shot: 3, query: 5 }, { minImages: 2, shot: 2, query: 1, way: 2 }],
    ['one is left', [9, 1, 1], {}, undefined],
  ])('a class of one image is left out: %s', (_, counts, options, leaveOut) => {
    const pool = poolOfCounts(counts);
    const { data, hint } = errorOf(pool, { ...form, ...options });
    expect(data.leaveOut).toEqual(leaveOut);
    expect(/minImages to/.test(hint ?? '')).toBe(leaveOut !== undefined);
    if (leaveOut) requireEpisodes(pool, { ...form, ...options, ...leaveOut });
  });

  test.each([
    [[9, 5, 9, 9], 'class "class1" has 5 images; 1 to learn from and 6 to ask for are wanted'],
    [[9, 5, 6, 9], /are wanted; 1 other class has too few as well$/],
    [[6, 5, 6, 9], /are wanted; 2 other classes have too few as well$/],
  ])('%j: how many others are too small', (counts, message) => {
    expect(errorOf(poolOfCounts(counts), { ...form, query: 6 }).message).toMatch(message);
  });

  test('what it says to lower, and to leave out, is enough, and no less would be', () => {
    for (const [counts, options] of [
      [[9, 5, 4, 9, 9], { ...form, query: 6 }],
      [[9, 9, 4, 9], { ...form, shot: 6 }],
      [[9, 9], { ...form, way: 3 }],
      [[9, 1, 9, 9], form],
    ] as const) {
      const pool = poolOfCounts([...counts]);
      const { lower, leaveOut } = errorOf(pool, options).data as {
        lower?: Record<string, number>;
        leaveOut?: object;
      };
      expect(lower ?? leaveOut).toBeDefined();
      if (lower) requireEpisodes(pool, { ...options, ...lower });
      if (lower)
        for (const [key, value] of Object.entries(lower))
          if (!('shot' in lower)) errorOf(pool, { ...options, [key]: value + 1 });
      if (leaveOut) requireEpisodes(pool, { ...options, ...leaveOut });
    }
  });

  test('of classes that minImages leaves out nothing is told, and the others are counted', () => {
    const pool = poolOfCounts([9, 2, 5, 9, 9]);
    const error = errorOf(pool, { ...form, query: 6, minImages: 3 });
    expect(error).toMatchObject({ data: { class: 'class2', classes: 1, leaveOut: { minImages: 7 } } });
    expect(requireEpisodes(pool, { ...form, query: 6, minImages: 7 })).toBe(3);
    expect(
      requireEpisodes({ ...pool, groups: ['a', 'a', 'a', 'b', 'b'] }, { ...form, query: 1, within: 'group' }),
    ).toBe(3);
  });

  test('minImages leaves small classes out, and tells which; none of them is drawn', () => {
    const pool = poolOfCounts([9, 2, 9, 9, 1]);
    const options = { ...form, minImages: 3 };
    const warnings: NeusimError[] = [];
    requireEpisodes(pool, options, (warning) => warnings.push(warning));
    expect(warnings).toMatchObject([
      { code: 'EPISODE_CLASSES_LEFT_OUT', data: { classes: ['class1', 'class4'] } },
    ]);
    for (let index = 0; index < 50; index++)
      expect([...drawEpisode(pool, options, index).classes].sort()).toEqual([0, 2, 3]);
    const few = errorOf(pool, { ...options, way: 4 });
    expect(few).toMatchObject({ code: 'EPISODE_TOO_FEW_CLASSES', data: { classes: 3 } });
    expect(few.message).toContain('without the 2 of fewer than 3 images');
    expect(errorOf(pool, { ...options, minImages: 2 }).code).toBe('EPISODE_TOO_FEW_IMAGES');
  });

  test('groups that are too small are told', () => {
    const pool = { ...poolOfCounts([9, 9, 9, 9]), groups: ['a', 'a', 'a', 'b'] };
    const warnings: NeusimError[] = [];
    requireEpisodes(pool, { ...form, within: 'group' }, (warning) => warnings.push(warning));
    expect(warnings).toMatchObject([{ code: 'EPISODE_CLASSES_LEFT_OUT', data: { groups: ['b'] } }]);
  });

  test('labels that are no classes', () => {
    const pool = poolOfCounts([3, 3]);
    expect(errorOf({ ...pool, labels: Int32Array.of(0, 1, 2, 0, 1, 0) }, form)).toMatchObject({
      code: 'EPISODE_BAD_POOL',
      data: { index: 2, label: 2 },
    });
    expect(errorOf({ ...pool, count: 5 }, form).code).toBe('EPISODE_BAD_POOL');
  });
});
