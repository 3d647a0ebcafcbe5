// Omniglot's characters for training, validation and tests, with their rotations as further classes.
//
// `lake`: the alphabets of the background set are trained on, but a fifth of them, drawn by seed, which validate; those of
// the evaluation set are tested on (Lake et al. 2015). `vinyals`: 1,028, 172 and 423 characters, whatever their alphabets,
// each with its rotations: by the rule and the numbers of Vinyals et al. 2016 and Snell et al. 2017, but drawn by our own
// seed; lists that others have published are read with the option `lists`.

import { divideNames, requireDisjoint } from '../episodes/divide-classes';
import { badDivision } from '../episodes/errors';
import type { NamedPool } from '../episodes/pool';
import type { Division, FewShotDataset } from '../episodes/types';
import { type Turned, turnedPool } from './rotate';

export type OmniglotSplit = 'lake' | 'vinyals';
export const NO_TURN: readonly number[] = [0];
export const ALL_TURNS: readonly number[] = [0, 1, 2, 3];

/** Classes of each part. */
export type TurnedParts = Readonly<Record<'train' | 'validation' | 'test', readonly Turned[]>>;

/**
 * @param tested alphabets of the evaluation set.
 * @throws NeusimError `EPISODE_BAD_DIVISION` where a set that the split wants is not there
 */
export function divisionOf(
  split: OmniglotSplit,
  groups: readonly string[],
  tested: readonly string[],
  seed: number,
): Division {
  if (split === 'vinyals') return { validation: 172 / 1623, test: 423 / 1623, seed };
  const isTested = new Set(tested);
  if (tested.length > 0 && groups.some((name) => !isTested.has(name)))
    return { by: 'group', test: tested, seed };
  throw badDivision(
    'the split "lake" trains on alphabets of images_background and tests on those of images_evaluation',
    { split, tested },
    'unpack both and set "set" to "both", or set "split" to "vinyals", or give a division',
  );
}

/** All rotations of a character are in one part. Errors as `divideClasses`. */
export function divideCharacters(pool: NamedPool, division: Division, turns: readonly number[]): TurnedParts {
  const names = divideNames(pool.classes, division, pool.groups);
  const part = (of: readonly string[]) => {
    const chosen = new Set(of);
    const labels = [...pool.classes.keys()].filter((label) => chosen.has(pool.classes[label]!));
    return turns.flatMap((each) => labels.map((label) => ({ label, turns: each })));
  };
  return { train: part(names.train), validation: part(names.validation), test: part(names.test) };
}

/**
 * @param divideAgain how another division is made.
 * @throws NeusimError `EPISODE_SHARED_CLASS`, `EPISODE_NOT_SQUARE`
 */
export function turnedDataset(
  pool: NamedPool,
  parts: TurnedParts,
  divideAgain: (division: Division) => TurnedParts,
): FewShotDataset {
  const isNamed = Object.values(parts).some((of) => of.some(({ turns }) => turns > 0));
  return requireDisjoint({
    name: pool.name,
    shape: pool.shape,
    train: turnedPool(pool, parts.train, isNamed),
    validation: turnedPool(pool, parts.validation, isNamed),
    test: turnedPool(pool, parts.test, isNamed),
    divideAgain: (division) => turnedDataset(pool, divideAgain(division), divideAgain),
    close: async () => pool.close?.(),
  });
}
