// Whether two networks differ: over seeds by Student's paired t test, on one pair of trained networks by McNemar's.

import { deviationOf, meanOf } from './intervals';
import { logGamma } from './log-gamma';
import { twoSidedT } from './student-t';

/** Of a mean; what deviates less is rounding. */
const ROUNDING = 1e-9;

/**
 * Two-sided p of a mean difference of zero; null where all differences are one and the same but 0: without a spread there
 * is nothing to judge it by. Errors are counts of images, so that two seeds often differ by as many.
 * @param differences two or more, one for each seed.
 */
export function pairedT(differences: readonly number[]): number | null {
  const mean = meanOf(differences);
  if (mean === 0) return 1;
  const deviation = deviationOf(differences);
  if (deviation <= ROUNDING * Math.abs(mean)) return null;
  return twoSidedT((mean / deviation) * Math.sqrt(differences.length), differences.length - 1);
}

/**
 * McNemar's exact test: two-sided p of the images on which one of two networks alone is wrong being anyone's by the toss
 * of a coin.
 * @param first images that the first alone gets wrong. @param second those that the second alone does.
 */
export function mcnemarExact(first: number, second: number): number {
  const count = first + second;
  const least = Math.min(first, second);
  const logChoose = (k: number) => logGamma(count + 1) - logGamma(k + 1) - logGamma(count - k + 1);
  let tail = 0;
  for (let k = 0; k <= least; k++) tail += Math.exp(logChoose(k) - count * Math.LN2);
  return Math.min(1, 2 * tail);
}
