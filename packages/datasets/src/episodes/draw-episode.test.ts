import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawEpisode } from './draw-episode';
import { poolOfCounts } from './pool.fixture';
import type { EpisodeOptions } from './types';

const form: EpisodeOptions = { way: 3, shot: 1, query: 2, seed: 1 };
const codeOf = (run: () => unknown) => {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('episodes', () => {
  test('classes without replacement, support and query disjoint, class by class, the same again', () => {
    const shapes = fc.record({
      way: fc.integer({ min: 2, max: 6 }),
      shot: fc.integer({ min: 1, max: 4 }),
      query: fc.integer({ min: 1, max: 5 }),
      seed: fc.maxSafeNat(),
      index: fc.nat(2 ** 32 - 1),
      more: fc.array(fc.nat(9), { minLength: 6, maxLength: 12 }),
    });
    fc.assert(
      fc.property(shapes, ({ index, more, ...options }) => {
        const { way, shot, query } = options;
        const pool = poolOfCounts(more.map((extra) => shot + query + extra));
        const episode = drawEpisode(pool, options, index);
        expect(new Set(episode.classes).size).toBe(way);
        expect(episode.classes).toHaveLength(way);
        expect([episode.support.length, episode.query.length]).toEqual([way * shot, way * query]);
        expect(new Set([...episode.support, ...episode.query]).size).toBe(way * (shot + query));
        for (const [i, image] of episode.support.entries())
          expect(pool.labels[image]).toBe(episode.classes[Math.floor(i / shot)]);
        for (const [i, image] of episode.query.entries())
          expect(pool.labels[image]).toBe(episode.classes[Math.floor(i / query)]);
        expect(drawEpisode({ ...pool }, options, index)).toEqual(episode);
      }),
    );
  });

  test('another index, another seed: another episode; more shots: the same classes, the first shots the same', () => {
    const pool = poolOfCounts(Array(30).fill(20));
    const first = drawEpisode(pool, form, 0);
    expect(drawEpisode(pool, form, 1)).not.toEqual(first);
    expect(drawEpisode(pool, { ...form, seed: 2 }, 0)).not.toEqual(first);
    const more = drawEpisode(pool, { ...form, shot: 5, query: 15 }, 0);
    expect(more.classes).toEqual(first.classes);
    expect([0, 5, 10].map((i) => more.support[i])).toEqual([...first.support]);
  });

  test('classes, their places and images are uniform: χ² of 6,000 episodes', () => {
    const pool = poolOfCounts([4, 9, 4, 6, 4, 5]);
    const classAt = new Float64Array(3 * 6);
    const images = new Float64Array(9);
    for (let index = 0; index < 6000; index++) {
      const { classes, support } = drawEpisode(pool, form, index);
      for (const [place, label] of classes.entries()) classAt[place * 6 + label]!++;
      const of = classes.indexOf(1);
      if (of >= 0) images[pool.nth(support[of]!)]!++;
    }
    const chi2 = (met: Float64Array) => {
      const mean = met.reduce((sum, n) => sum + n, 0) / met.length;
      return met.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0);
    };
    // The 99.9 % points for 15 degrees of freedom (three places of five each) and for 8.
    expect(chi2(classAt)).toBeLessThan(37.7);
    expect(chi2(images)).toBeLessThan(26.1);
  });

  test('within a group: all of one, each group that is large enough as often as another', () => {
    const groups = ['a', 'b', 'b', 'b', 'c', 'c', 'c', 'c', 'c', 'c'];
    const pool = { ...poolOfCounts(Array(10).fill(4)), groups };
    const met = new Map<string, number>();
    for (let index = 0; index < 400; index++) {
      const { classes } = drawEpisode(pool, { ...form, within: 'group' }, index);
      const names = new Set(Array.from(classes, (label) => groups[label]!));
      expect(names.size).toBe(1);
      const [name] = names as unknown as [string];
      met.set(name, (met.get(name) ?? 0) + 1);
    }
    expect([...met.keys()].sort()).toEqual(['b', 'c']);
    expect(Math.abs(met.get('b')! - 200)).toBeLessThan(66);
    expect(codeOf(() => drawEpisode(pool, { ...form, way: 7, within: 'group' }, 0))).toBe(
      'EPISODE_TOO_FEW_CLASSES',
    );
    expect(codeOf(() => drawEpisode(poolOfCounts([4, 4, 4]), { ...form, within: 'group' }, 0))).toBe(
      'EPISODE_NO_GROUPS',
    );
  });

  test.each([{ way: 1 }, { shot: 0 }, { query: 1.5 }, { minImages: -1 }])('%o is refused', (wrong) => {
    expect(codeOf(() => drawEpisode(poolOfCounts([9, 9, 9]), { ...form, ...wrong }, 0))).toBe(
      'EPISODE_BAD_OPTIONS',
    );
  });

  test('an index that is none is refused', () => {
    for (const index of [-1, 0.5, 2 ** 32])
      expect(codeOf(() => drawEpisode(poolOfCounts([9, 9, 9]), form, index))).toBe('EPISODE_BAD_OPTIONS');
  });
});
