// Variants beside each other: the mean error of each with its 95 % interval, and every pair over what they share, seeds
// or test images, with a verdict in words.

import { deviationOf, meanInterval, meanOf, wilson } from '../statistics/intervals';
import { mcnemarExact, pairedT } from '../statistics/tests';
import type { RunReport } from '../types';
import type { Comparison, PairFigures, VariantFigures } from './types';

const SURE = 0.05;

/** More variants than these are each paired with the first alone. */
const MOST_PAIRED = 8;

/** @param runs those of one name are one variant's seeds; runs without an error are left out. */
export function compareRuns(runs: readonly RunReport[]): Comparison | null {
  const told = runs.filter(({ result }) => result.testError !== null && Number.isFinite(result.testError));
  if (told.length < 2) return null;
  const variants: Variant[] = [...new Set(told.map(({ result }) => result.name))].map((name) => ({
    name,
    runs: bySeed(told.filter(({ result }) => result.name === name)),
  }));
  const pairs: PairFigures[] = [];
  const notes: string[] = [];
  const isMany = variants.length > MOST_PAIRED;
  for (const [index, a] of variants.slice(0, isMany ? 1 : undefined).entries())
    for (const b of variants.slice(index + 1)) {
      const found = pairOf(a, b);
      if (typeof found === 'string') notes.push(found);
      else pairs.push(found);
    }
  if (isMany) notes.push(`Each of so many variants is paired with ${variants[0]?.name} alone.`);
  if (pairs.length > 1)
    notes.push(
      'p values and intervals are of each pair alone: of many pairs, one in twenty differs by chance.',
    );
  return { variants: variants.map(figuresOf), pairs, notes };
}

interface Variant {
  readonly name: string;
  readonly runs: ReadonlyMap<number, RunReport>;
}

const bySeed = (runs: readonly RunReport[]) => new Map(runs.map((run) => [run.result.seed, run]));

const errorOf = (run: RunReport) => run.result.testError as number;

function figuresOf({ name, runs }: Variant): VariantFigures {
  const errors = [...runs.values()].map(errorOf);
  const [first] = runs.values();
  const images = first?.evaluation?.images;
  const several = errors.length > 1;
  const counted =
    images === undefined ? null : wilson(Math.round((images * (errors[0] as number)) / 100), images);
  return {
    name,
    seeds: [...runs.keys()],
    errors,
    mean: meanOf(errors),
    deviation: several ? deviationOf(errors) : null,
    interval: several ? meanInterval(errors) : counted && [100 * counted[0], 100 * counted[1]],
  };
}

/** The pair, or why it cannot be paired. */
function pairOf(a: Variant, b: Variant): PairFigures | string {
  const seeds = [...a.runs.keys()].filter((seed) => b.runs.has(seed));
  const both = seeds.map((seed) => [a.runs.get(seed), b.runs.get(seed)] as [RunReport, RunReport]);
  // One trained network of each kind is a pair whatever its seed.
  if (a.runs.size === 1 && b.runs.size === 1)
    both.splice(0, 1, [...a.runs.values(), ...b.runs.values()] as [RunReport, RunReport]);
  const [first] = both;
  if (!first) return `${a.name} and ${b.name} have no seed in common: they are not paired.`;
  if (both.some(([one, other]) => !sameImages(one, other)))
    return `${a.name} and ${b.name} were tested on different images: they are not paired.`;
  const differences = both.map(([one, other]) => errorOf(other) - errorOf(one));
  const difference = meanOf(differences);
  const better = difference < 0 ? b.name : a.name;
  const common = { a: a.name, b: b.name, seeds, difference };
  if (seeds.length > 1) {
    const p = pairedT(differences);
    if (p === null) {
      const verdict = `${better} has the lower error by as much with each of ${seeds.length} seeds: more would show the spread`;
      return { ...common, interval: null, test: 'paired t', p, verdict };
    }
    const interval = meanInterval(differences);
    const verdict =
      p < SURE
        ? `${better} has the lower error, by ${Math.abs(difference).toFixed(2)} points over ${seeds.length} seeds`
        : `not distinguishable with ${seeds.length} seeds`;
    return { ...common, interval, test: 'paired t', p, verdict };
  }
  const p = mcnemarOf(...first);
  const differs = p !== null && p < SURE;
  const verdict = differs
    ? `${better} gets more of these test images right; more seeds would tell whether its kind does`
    : 'not distinguishable with one seed';
  return { ...common, interval: null, test: 'McNemar', p, verdict };
}

const sameImages = (a: RunReport, b: RunReport) =>
  !a.evaluation || !b.evaluation || a.evaluation.labels === b.evaluation.labels;

function mcnemarOf(a: RunReport, b: RunReport): number | null {
  if (!a.evaluation || !b.evaluation) return null;
  const [ofA, ofB] = [new Set(a.evaluation.wrong), new Set(b.evaluation.wrong)];
  const alone = (one: ReadonlySet<number>, other: ReadonlySet<number>) =>
    [...one].filter((index) => !other.has(index)).length;
  return mcnemarExact(alone(ofA, ofB), alone(ofB, ofA));
}
