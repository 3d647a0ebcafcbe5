/** A mean and how sure it is. */

/** @returns the mean, and half of its 95 % interval: 1.96·std/√n, std with n - 1. NaN, that is, of one value. */
export function meanInterval(values: ArrayLike<number>): {
  readonly mean: number;
  readonly interval: number;
} {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
  return { mean, interval: 1.96 * Math.sqrt(variance / all.length) };
}
