// Random numbers of other distributions than whole ones. Each takes its bits from a generator of `random.ts`.

import type { Random } from './random';

/** Uniform in [0, 1), 32 bits. */
export const uniform = (next: Random): number => next() / 2 ** 32;

/** Uniform in [low, high). */
export const between = (next: Random, [low, high]: readonly [number, number]): number =>
  low + (high - low) * uniform(next);

/** Uniform in its logarithm: a ratio and its reciprocal are equally likely. */
export const betweenLog = (next: Random, [low, high]: readonly [number, number]): number =>
  Math.exp(between(next, [Math.log(low), Math.log(high)]));

/** Standard normal (Box and Muller 1958). */
export function normal(next: Random): number {
  const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
  return radius * Math.cos(2 * Math.PI * uniform(next));
}

/** Gamma(shape, 1) (Marsaglia and Tsang 2000); a shape below 1 by that of shape + 1. */
function gamma(next: Random, shape: number): number {
  if (shape < 1) return gamma(next, shape + 1) * ((next() + 1) / 2 ** 32) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(next);
    const v = (1 + c * x) ** 3;
    const u = (next() + 1) / 2 ** 32;
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Beta(alpha, alpha), alpha > 0. */
export function beta(next: Random, alpha: number): number {
  const [x, y] = [gamma(next, alpha), gamma(next, alpha)];
  // For a tiny alpha both may be too small for a number: it is 0 or 1 then.
  if (x + y === 0) return next() % 2;
  return x / (x + y);
}
