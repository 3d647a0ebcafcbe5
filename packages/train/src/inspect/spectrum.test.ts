import { describe, expect, test } from 'vitest';
import golden from '../../../../tools/golden/spectrum.json' with { type: 'json' };
import { figuresOf, hasSpectrum, spectrumOf } from './spectrum';

describe('singular values are numpy’s', () => {
  test.each(golden.cases)('$name, $rows×$columns', async ({ matrix, rows, columns, ...wanted }) => {
    const found = await spectrumOf(matrix, rows, columns);
    const largest = wanted.values[0] as number;
    expect(found).toMatchObject({ rows, columns, rank: wanted.rank });
    expect(found?.values).toHaveLength(wanted.values.length);
    // What is squared on the way is sure to 1e-8 of the largest.
    for (const [index, value] of wanted.values.entries())
      expect(Math.abs((found?.values[index] as number) - value)).toBeLessThanOrEqual(3e-8 * largest);
    for (const figure of ['nuclear', 'frobenius', 'effectiveRank', 'stableRank'] as const)
      expect(found?.[figure]).toBeCloseTo(wanted[figure], 6 - Math.ceil(Math.log10(1 + wanted[figure])));
  });
});

test('what is too large, empty or not finite has none', async () => {
  expect(hasSpectrum(4608, 512)).toBe(true);
  expect(hasSpectrum(25_088, 4096)).toBe(false);
  expect(await spectrumOf([], 25_088, 4096)).toBeNull();
  expect(await spectrumOf([], 0, 3)).toBeNull();
  expect(await spectrumOf([1, Number.NaN, 0, 1], 2, 2)).toBeNull();
});

test('figures: n equal values have effective and stable rank n, one value has 1', () => {
  expect(figuresOf([2, 2, 2], 3, 3)).toMatchObject({ nuclear: 6, rank: 3 });
  expect(figuresOf([2, 2, 2], 3, 3).effectiveRank).toBeCloseTo(3, 12);
  expect(figuresOf([2, 2, 2], 3, 3).stableRank).toBeCloseTo(3, 12);
  expect(figuresOf([0, 5, 0], 3, 3)).toMatchObject({
    values: [5, 0, 0],
    rank: 1,
    effectiveRank: 1,
    stableRank: 1,
  });
});
