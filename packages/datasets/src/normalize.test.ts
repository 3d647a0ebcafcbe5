import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeStatistics, normalizeTable, resolveNormalize } from './normalize';
import type { Split } from './types';

function splitOf(images: Uint8Array, channels: number): Split {
  const count = images.length / channels;
  return { count, shape: [1, 1, channels], images, labels: new Int32Array(count) };
}

describe('normalising', () => {
  test('statistics equal the plain formulas, channel by channel', async () => {
    const images = fc
      .uint8Array({ minLength: 6, maxLength: 300 })
      .map((all) => all.slice(0, all.length - (all.length % 3)));
    await fc.assert(
      fc.asyncProperty(images, async (bytes) => {
        const { mean, std } = await computeStatistics(splitOf(bytes, 3));
        for (let c = 0; c < 3; c++) {
          const values = [...bytes].filter((_, i) => i % 3 === c);
          const average = values.reduce((a, b) => a + b, 0) / values.length;
          const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
          expect(mean[c]).toBeCloseTo(average, 9);
          expect(std[c]).toBeCloseTo(Math.sqrt(variance), 9);
        }
      }),
    );
  });

  test('normalised by its own statistics, a split has mean 0 and deviation 1', async () => {
    const images = Uint8Array.from({ length: 600 }, (_, i) => (i * i * 7 + i) % 256);
    const table = normalizeTable(await computeStatistics(splitOf(images, 2)), 2);
    for (let c = 0; c < 2; c++) {
      const values = [...images].filter((_, i) => i % 2 === c).map((byte) => table[c * 256 + byte]!);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).toBeCloseTo(1, 5);
    }
  });

  test('none and unit', () => {
    expect([...normalizeTable('none', 1)]).toEqual([...Array(256).keys()]);
    const unit = normalizeTable('unit', 2);
    expect([unit[0], unit[255], unit[256], unit[511]]).toEqual([0, 1, 0, 1]);
  });

  test.each([
    { mean: [0, 0], std: [1, 1] },
    { mean: [0, 0, 0], std: [1, 0, 1] },
    { mean: [0, Number.NaN, 0], std: [1, 1, 1] },
  ])('%j does not fit three channels', (normalize) => {
    expect(() => normalizeTable(normalize, 3)).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_NORMALIZE' }),
    );
  });

  test("'dataset' is what the data set knows, else what its training images say; told, and stopped by a signal", async () => {
    const train = splitOf(
      Uint8Array.from({ length: 600 }, (_, i) => i % 251),
      1,
    );
    const known = { mean: [3], std: [2] };
    expect(await resolveNormalize('dataset', { train, statistics: known })).toEqual(known);
    expect(await resolveNormalize('unit', { train })).toBe('unit');
    const seen: number[] = [];
    const found = await resolveNormalize(
      'dataset',
      { train },
      { onProgress: ({ done }) => void seen.push(done) },
    );
    expect(found).toEqual(await computeStatistics(train));
    expect(seen).toEqual([0, 256, 512]);
    await expect(
      resolveNormalize('dataset', { train }, { signal: AbortSignal.abort('enough') }),
    ).rejects.toBe('enough');
    await expect(resolveNormalize('dataset', { train: splitOf(new Uint8Array(4), 1) })).rejects.toMatchObject(
      { code: 'DATASET_BAD_NORMALIZE' },
    );
    expect(() => normalizeTable('dataset', 1)).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_NORMALIZE' }),
    );
  });
});
