import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permutation, random, streams, uniformInt } from './random';

const draw = (seed: number, stream: number, index: number, count = 8) => {
  const next = random(seed, stream, index);
  return Array.from({ length: count }, next);
};

describe('seeded random numbers', () => {
  test('stay the same for ever: a saved seed means a saved curve', () => {
    expect(draw(1, streams.order, 0, 4)).toEqual([3196320561, 2092054434, 2454812062, 359390888]);
    expect([...permutation(random(1, streams.order, 0), 8)]).toEqual([6, 2, 0, 5, 3, 4, 7, 1]);
  });

  test('depend on seed, stream and index, each', () => {
    const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const keys = seeds.flatMap((seed) =>
      Object.values(streams).flatMap((stream) =>
        [0, 1, 2 ** 32 - 1].map((index) => draw(seed, stream, index)),
      ),
    );
    expect(new Set(keys.map(String)).size).toBe(keys.length);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('seed %d is refused', (seed) => {
    expect(() => random(seed, 1, 0)).toThrow(expect.objectContaining({ code: 'DATASET_BAD_SEED' }));
  });

  test('uniformInt(n) is uniform for an n that does not divide 2^32 (chi-squared)', () => {
    for (const n of [2, 3, 9, 100]) {
      const next = random(7, streams.augment, n);
      const counts = new Array<number>(n).fill(0);
      const draws = 2000 * n;
      for (let i = 0; i < draws; i++) counts[uniformInt(next, n)]!++;
      const chi = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
      expect(chi, `n = ${n}`).toBeLessThan(n - 1 + 4 * Math.sqrt(2 * n));
    }
  });

  test('uniformInt throws away what would favour the small numbers', () => {
    const bits = [2 ** 32 - 1, 7];
    expect(uniformInt(() => bits.shift()!, 3)).toBe(1);
    expect(uniformInt(() => 2 ** 32 - 1, 2 ** 32)).toBe(2 ** 32 - 1);
  });

  test('a permutation has every index once', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(), (n, seed) => {
        const order = permutation(random(seed, streams.order, 0), n);
        expect([...order].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
      }),
      { numRuns: 50 },
    );
  });
});
