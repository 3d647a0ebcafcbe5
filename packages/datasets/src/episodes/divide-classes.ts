// Classes for training, for validation and for tests: no class is in two of them. By name, by number, by share, or by the
// usual shares of 64, 16 and 20 % (those of Ravi and Larochelle, Optimization as a model for few-shot learning, 2017).

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { about } from '../options';
import { permutation, random, streams } from '../random';
import type { Dataset } from '../types';
import { badDivision, classTwice, noGroups, sharedClass } from './errors';
import { type NamedPool, poolOf, selectClasses } from './pool';
import type { Division, FewShotDataset, FewShotPart } from './types';

const part = v.union(
  [v.pipe(v.array(v.string()), v.minLength(1)), v.pipe(v.number(), v.gtValue(0))],
  'allowed: names of classes, their number, or their share below 1',
);

/** `Division` in a config. */
export const divisionSchema = v.strictObject({
  by: v.optional(about('what is divided', v.picklist(['class', 'group'])), 'class'),
  train: v.optional(about('classes to train on: names, a number, or a share', part)),
  validation: v.optional(about('classes to validate on', part)),
  test: v.optional(about('classes to test on', part)),
  seed: v.optional(about('of the draw', v.pipe(v.number(), v.safeInteger(), v.minValue(0))), 0),
});

export const PARTS = ['train', 'validation', 'test'] as const satisfies readonly FewShotPart[];
const USUAL: Readonly<Record<FewShotPart, number>> = { train: 64, validation: 16, test: 20 };
/** Classes of the usual episode: no part that is left to us has fewer, where there are enough. */
const LEAST = 5;

/**
 * Divides the classes of a data set, all images of each (those to train on and those to test on) being its own.
 *
 * Classes that are named go where they are named. The others, in the order of their names, are shuffled by the seed, and
 * dealt out: so a division depends on the names and the seed alone. Shares are of all classes, rounded by the largest
 * remainders. A part that is left out gets no fewer than 5 classes where there are enough; where there are not, such
 * parts are as even as can be.
 *
 * @throws NeusimError `EPISODE_TOO_FEW_CLASSES` where a part would be empty, `EPISODE_BAD_DIVISION`, `EPISODE_CLASS_TWICE`,
 *   `EPISODE_NO_GROUPS`, `DATASET_UNKNOWN_CLASS`, `DATASET_BAD_SEED`
 */
export function divideClasses(from: Dataset | NamedPool, division: Division = {}): FewShotDataset {
  const pool = 'train' in from ? poolOf(from) : from;
  const parts = divideNames(pool.classes, division, pool.groups);
  const select = (names: readonly string[]) => {
    const chosen = new Set(names);
    const labels = [...pool.classes.keys()].filter((label) => chosen.has(pool.classes[label]!));
    return selectClasses(pool, labels);
  };
  return requireDisjoint({
    name: pool.name,
    shape: pool.shape,
    train: select(parts.train),
    validation: select(parts.validation),
    test: select(parts.test),
    isDrawn: !PARTS.some((part) => Array.isArray(division[part])),
    close: async () => pool.close?.(),
  });
}

/** `divideClasses` of a pool that is closed where it cannot be divided. */
export async function divideOpened(pool: NamedPool, division?: Division): Promise<FewShotDataset> {
  try {
    return divideClasses(pool, division);
  } catch (error) {
    await pool.close?.();
    throw error;
  }
}

/**
 * Names of the classes of each part. Rules and errors as `divideClasses`.
 * @param groups of each class
 */
export function divideNames(
  classes: readonly string[],
  division: Division = {},
  groups?: readonly string[],
): Readonly<Record<FewShotPart, readonly string[]>> {
  if (division.by !== 'group') return divideUnits(classes, division);
  if (!groups) throw noGroups("the division is by 'group'", { by: 'group' });
  const units = divideUnits([...new Set(groups)], division);
  const of = (part: FewShotPart) => {
    const chosen = new Set(units[part]);
    return classes.filter((_, label) => chosen.has(groups[label]!));
  };
  return { train: of('train'), validation: of('validation'), test: of('test') };
}

function divideUnits(
  classes: readonly string[],
  division: Division,
): Readonly<Record<FewShotPart, readonly string[]>> {
  const names = new Set<string>();
  for (const name of classes) {
    if (names.has(name)) throw classTwice(name, 'in the data set itself');
    names.add(name);
  }
  const lists: Record<FewShotPart, readonly string[]> = { train: [], validation: [], test: [] };
  const seen = new Map<string, FewShotPart>();
  for (const part of PARTS) {
    const list = division[part];
    if (list === undefined || typeof list === 'number') continue;
    lists[part] = list;
    for (const name of list) {
      const before = seen.get(name);
      if (before !== undefined) throw classTwice(name, `in ${before} and in ${part}`);
      if (!names.has(name)) throw unknownClass(name, part, classes);
      seen.set(name, part);
    }
  }
  const free = [...names].filter((name) => !seen.has(name)).sort();
  const counts = countsOf(division, classes.length, free.length);
  const order = permutation(random(division.seed ?? 0, streams.classes, 0), free.length);
  let at = 0;
  for (const part of PARTS) {
    const count = counts[part];
    if (count === undefined) continue;
    lists[part] = Array.from(order.subarray(at, at + count), (index) => free[index]!).sort();
    at += count;
  }
  const empty = PARTS.find((part) => lists[part].length === 0);
  if (empty === undefined) return lists;
  throw new NeusimError(
    'EPISODE_TOO_FEW_CLASSES',
    `${classes.length} classes leave none for ${empty}; ${PARTS.join(', ')} want one each at least`,
    {
      data: { classes: classes.length, part: empty },
      hint: 'add classes, give the other parts fewer, or use all classes for tests with a network trained elsewhere',
    },
  );
}

/** Numbers of classes of the parts that are not named. @param total of all classes. @param free those not named. */
function countsOf(division: Division, total: number, free: number): Partial<Record<FewShotPart, number>> {
  const wanted: { readonly part: FewShotPart; readonly exact: number; readonly isOurs: boolean }[] = [];
  const left = PARTS.filter((part) => division[part] === undefined);
  let asked = 0;
  for (const part of PARTS) {
    const value = division[part];
    if (typeof value !== 'number') continue;
    if (!(value > 0) || (value >= 1 && !Number.isSafeInteger(value))) {
      const hint = 'name the classes, or give their number, or their share of all, above 0 and below 1';
      throw badDivision(`${part} = ${value} of the division`, { part, value }, hint);
    }
    const exact = value < 1 ? value * total : value;
    asked += exact;
    wanted.push({ part, exact, isOurs: false });
  }
  // Shares such as 0.64 + 0.16 + 0.2 may be off by a rounding.
  if (asked > free + 1e-6) {
    const message = `${Number(asked.toFixed(2))} classes are asked for, and ${free} are there to be drawn`;
    throw badDivision(message, { asked, free, total }, 'ask for fewer, or name fewer');
  }
  const weights = left.reduce((sum, part) => sum + USUAL[part], 0);
  for (const part of left)
    wanted.push({ part, exact: ((free - asked) * USUAL[part]) / weights, isOurs: true });
  const counts = largestRemainders(wanted.map(({ exact }) => exact));
  level(
    counts,
    wanted.map(({ isOurs }) => isOurs),
  );
  return Object.fromEntries(wanted.map(({ part }, index) => [part, counts[index]!]));
}

/** Whole numbers next to these, whose sum is next to theirs. */
function largestRemainders(exact: readonly number[]): number[] {
  const counts = exact.map((value) => Math.floor(value + 1e-6));
  const sum = exact.reduce((total, value) => total + value, 0);
  let rest = Math.round(sum) - counts.reduce((total, value) => total + value, 0);
  const order = exact.map((value, index) => ({ index, remainder: value - counts[index]! }));
  for (const { index } of order.sort((a, b) => b.remainder - a.remainder || a.index - b.index)) {
    if (rest <= 0) break;
    counts[index]!++;
    rest--;
  }
  return counts;
}

/** Moves classes from the largest of our parts to the smallest, until that has `LEAST`, or as many as can be. */
function level(counts: number[], isOurs: readonly boolean[]): void {
  const ours = [...counts.keys()].filter((index) => isOurs[index]);
  if (ours.length < 2) return;
  for (;;) {
    const small = ours.reduce((best, index) => (counts[index]! < counts[best]! ? index : best));
    const large = ours.reduce((best, index) => (counts[index]! > counts[best]! ? index : best));
    if (counts[small]! >= LEAST || counts[large]! - counts[small]! < 2) return;
    counts[small]!++;
    counts[large]!--;
  }
}

/**
 * The data set itself, once it is sure that no class is in two of its parts.
 * @throws NeusimError `EPISODE_SHARED_CLASS`
 */
export function requireDisjoint(dataset: FewShotDataset): FewShotDataset {
  const seen = new Map<string, FewShotPart>();
  for (const part of PARTS) {
    for (const name of dataset[part].classes) {
      const before = seen.get(name);
      if (before !== undefined) throw sharedClass(name, [before, part]);
      seen.set(name, part);
    }
  }
  return dataset;
}

function unknownClass(name: string, part: FewShotPart, known: readonly string[]) {
  const some = known.slice(0, 20).join(', ');
  return new NeusimError('DATASET_UNKNOWN_CLASS', `there is no class "${name}", which is named in ${part}`, {
    data: { class: name, part, known },
    hint: `known: ${some}${known.length > 20 ? ' …' : ''}`,
  });
}
