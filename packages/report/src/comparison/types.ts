// What is told of variants beside each other: plain JSON, in results.json and report.json.

import type { Interval } from '../statistics/intervals';

/** One variant over its seeds; errors in percent of the test images. */
export interface VariantFigures {
  readonly name: string;
  readonly seeds: readonly number[];
  readonly errors: readonly number[];
  readonly mean: number;
  /** Standard deviation over seeds; null with one. */
  readonly deviation: number | null;
  /** 95 %: of the mean over seeds (Student's t); with one seed, of its error on so many test images (Wilson). */
  readonly interval: Interval | null;
}

/** `b` against `a`, over the seeds that both have. */
export interface PairFigures {
  readonly a: string;
  readonly b: string;
  /** None where each has one run, of different seeds. */
  readonly seeds: readonly number[];
  /** Error of b less that of a: mean, in points of a percent. */
  readonly difference: number;
  /** 95 %, by the t distribution; null with one seed, and where p is. */
  readonly interval: Interval | null;
  readonly test: 'paired t' | 'McNemar';
  /** Two-sided; null where it cannot be told: no predictions are kept, or seeds that all differ by as much. */
  readonly p: number | null;
  readonly verdict: string;
}

export interface Comparison {
  readonly variants: readonly VariantFigures[];
  readonly pairs: readonly PairFigures[];
  readonly notes: readonly string[];
}
