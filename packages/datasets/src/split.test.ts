import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstImages, selectImages, splitDataset } from './split';
import type { MemorySplit } from './types';

/** Image i has all its bytes, and its label, equal to i. */
function numbered(count: number): MemorySplit {
  const images = Uint8Array.from({ length: count * 4 }, (_, i) => i >> 2);
  return { count, shape: [2, 1, 2], images, labels: Int32Array.from({ length: count }, (_, i) => i) };
}

const whole = ({ images, labels, count }: MemorySplit) =>
  labels.length === count &&
  images.length === count * 4 &&
  images.every((byte, i) => byte === labels[i >> 2]! % 256);

describe('splits', () => {
  test('a seeded split uses every image once, images with their labels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, seed, share) => {
          const { train, test } = splitDataset(numbered(n), { seed, test: Math.floor(n * share) });
          expect(test.count).toBe(Math.floor(n * share));
          expect(whole(train) && whole(test)).toBe(true);
          expect([...train.labels, ...test.labels].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('the same seed gives the same split, another seed another', () => {
    const labels = (seed: number) => [...splitDataset(numbered(50), { seed, test: 10 }).test.labels];
    expect(labels(3)).toEqual(labels(3));
    expect(labels(3)).not.toEqual(labels(4));
  });

  test.each([-1, 2.5, 11])('test = %d of 10 is refused', (test) => {
    expect(() => splitDataset(numbered(10), { seed: 0, test })).toThrow(
      expect.objectContaining({ code: 'DATASET_BAD_SPLIT', data: { test, count: 10 } }),
    );
  });

  test('firstImages and selectImages', () => {
    const all = numbered(5);
    expect(firstImages(all, undefined)).toBe(all);
    expect(firstImages(all, 9)).toBe(all);
    expect([...firstImages(all, 2).labels]).toEqual([0, 1]);
    expect(whole(firstImages(all, 2))).toBe(true);
    expect([...selectImages(all, [4, 0, 4]).labels]).toEqual([4, 0, 4]);
    expect(whole(selectImages(all, [4, 0, 4]))).toBe(true);
  });
});
