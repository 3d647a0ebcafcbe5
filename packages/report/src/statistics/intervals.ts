// 95 % intervals: of a share that was counted, and of a mean over few repetitions.

import { tWithin } from './student-t';

export type Interval = readonly [low: number, high: number];

/** Of the standard normal distribution: 95 % lie within. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval of a share (Wilson 1927), which stays in 0..1 and is right for shares near them.
 * @param count 1 or more.
 */
export function wilson(counted: number, count: number): Interval {
  const share = counted / count;
  const square = (Z * Z) / count;
  const middle = (share + square / 2) / (1 + square);
  const reach = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

export const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of a sample: over n − 1. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Student's interval of a mean. @param values two or more. */
export function meanInterval(values: readonly number[]): Interval {
  const mean = meanOf(values);
  const reach = (tWithin(0.95, values.length - 1) * deviationOf(values)) / Math.sqrt(values.length);
  return [mean - reach, mean + reach];
}
