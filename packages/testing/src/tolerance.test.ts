import { expect, test } from 'vitest';
import { randomNormal, randomSigns, randomUniform } from './random';
import { relativeError, tolerance } from './tolerance';

test('relative error is norm-wise', () => {
  expect(relativeError([3, 4.5], [3, 4])).toBeCloseTo(0.1, 12);
  expect(relativeError([], [])).toBe(0);
  expect(relativeError([0.5, 0], [0, 0])).toBe(0.5);
});

test.each([
  [
    [Number.NaN, 1],
    [0, 1],
  ],
  [
    [0, 1],
    [Number.NaN, 1],
  ],
  [[Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]],
  [[1], [Number.POSITIVE_INFINITY]],
])('%o against %o is no match', (actual, expected) => {
  expect(relativeError(actual, expected)).toBe(Number.POSITIVE_INFINITY);
});

test('arrays of different lengths are no pair', () => {
  expect(() => relativeError([1], [1, 2])).toThrow(expect.objectContaining({ code: 'TOLERANCE_LENGTH' }));
});

test('every backend has a row; float16 only where an engine has it', () => {
  expect(tolerance('wasm')).toEqual({ forward: 2e-5, gradient: 1e-5 });
  expect(tolerance('mine')).toEqual(tolerance('cpu'));
  expect(tolerance('webgpu', 'float16').forward).toBeGreaterThan(1e-3);
  expect(() => tolerance('cpu', 'float16')).toThrow(expect.objectContaining({ code: 'TOLERANCE_UNKNOWN' }));
});

test('random arrays: seeded, of the moments asked, and exact in float32', () => {
  expect(randomNormal([4, 5], 3)).toEqual(randomNormal([4, 5], 3));
  expect(randomNormal([4, 5], 3)).not.toEqual(randomNormal([4, 5], 4));
  const normal = randomNormal([20_000], 1, 2, 3).data;
  const mean = normal.reduce((sum, v) => sum + v, 0) / normal.length;
  const variance = normal.reduce((sum, v) => sum + (v - mean) ** 2, 0) / normal.length;
  expect(Math.abs(mean - 2)).toBeLessThan(0.1);
  expect(Math.abs(Math.sqrt(variance) - 3)).toBeLessThan(0.1);
  const uniform = randomUniform([1000], 1, 4, 6).data;
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...uniform)).toBeLessThanOrEqual(6);
  expect(uniform).toEqual(Float64Array.from(uniform, Math.fround));
  expect(new Set(randomSigns([100], 1).data)).toEqual(new Set([-1, 1]));
});
