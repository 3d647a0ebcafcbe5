import { describe, expect, test } from 'vitest';
import { weightSeed } from './index';

describe('weightSeed', () => {
  test('one seed and name, one stream; it is FNV-1a', () => {
    expect(weightSeed(3, 'root/kernel')).toBe(weightSeed(3, 'root/kernel'));
    // Of the bytes "0/a", as any implementation gives it.
    expect(weightSeed(0, 'a')).toBe(0x7c7eb533);
  });

  test('every digit of the seed counts, also above 32 bits', () => {
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 0.5];
    expect(new Set(seeds.map((seed) => weightSeed(seed, 'kernel'))).size).toBe(seeds.length);
  });

  test('names differ, and seed and name do not run together', () => {
    expect(weightSeed(1, 'a')).not.toBe(weightSeed(1, 'b'));
    expect(weightSeed(1, '1/a')).not.toBe(weightSeed(11, '/a'));
  });

  test('is never 0: the hash of this name would be', () => {
    expect(weightSeed(2191, String.fromCodePoint(0xf0e2f))).toBe(1);
  });
});
