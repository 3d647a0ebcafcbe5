import { expect, test } from 'vitest';
import { smooth } from './curves';

const falling = (count: number) =>
  Array.from({ length: count }, (_, at) => [10 * at, count - at + (at % 2)] as const);

test.each([2, 6, 39])('a curve of %d points is drawn as it is', (count) => {
  expect(smooth(falling(count))).toEqual(falling(count));
});

test('a curve of many points is the mean of neighbours, and keeps its last step', () => {
  const [points, smoothed] = [falling(400), smooth(falling(400))];
  expect(smoothed.length).toBeLessThan(260);
  expect(smoothed.at(-1)?.[0]).toBe(points.at(-1)?.[0]);
  const [, first] = smoothed[0] ?? [];
  expect(first).toBeCloseTo(points.slice(0, 11).reduce((sum, [, y]) => sum + y, 0) / 11, 9);
});
