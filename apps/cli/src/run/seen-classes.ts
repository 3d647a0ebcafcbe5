// Whether a network has seen the classes that it is tested on.

import { type ClassPool, evaluationAlphabets } from '@neusim/datasets';
import * as platform from '@neusim/platform';
import { readSeenClasses, type SeenClasses } from '@neusim/train';
import type { Terminal } from '../terminal/terminal';
import type { OpenPool, PartChoice } from './few-shot-data';
import { runOf } from './find-model';

/** What is known of a network's training. */
export interface Trained {
  /** The network, as a person names it. */
  readonly told: string;
  /** undefined where its folder does not tell. */
  readonly seen: readonly SeenClasses[] | undefined;
  /** The reader of its images, where that is known. */
  readonly reader?: string | undefined;
}

/** @param path folder of a run or of a model, or a run's checkpoint. @throws NeusimError CLASSES_INVALID */
export async function seenIn(path: string): Promise<readonly SeenClasses[] | undefined> {
  const folder = runOf(path);
  return folder === undefined ? undefined : readSeenClasses(platform, folder);
}

/** A character's rotations show what it shows. */
const plain = (name: string) => name.replace(/\/rot\d{3}$/, '');

/** Names of the classes that are among others. */
function among(classes: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map(plain));
  return classes.filter((name) => known.has(plain(name)));
}

/**
 * Of runs: those to test on, where the data are what one was trained on, or that is not known; all of other data. Data are
 * other ones where less than half of the names that a run has seen are theirs: a few names may be common to any two.
 */
export const whatIsNew =
  (seen: readonly SeenClasses[] | undefined): PartChoice =>
  (classes) =>
    seen?.every((each) => {
      const names = [...each.train, ...each.validation];
      return 2 * among(names, classes).length < names.length;
    })
      ? 'all'
      : 'test';

/** Says which of the classes that are tested a network was trained on, as far as that is known. @param reader of the images. */
export function warnOfSeen(
  terminal: Terminal,
  { told, seen, reader: own }: Trained,
  { pool, part, runs, test }: OpenPool,
  reader: string,
): void {
  if (runs) {
    warnOfRuns(terminal, told, seen, own);
    return;
  }
  if (!seen) {
    if (own === reader && part !== 'test')
      terminal.err(
        `Warning: ${told} was trained on ${reader} data, and does not tell on which classes: those that it has seen may be among those tested.`,
      );
    return;
  }
  for (const { dataset, folder, train } of seen) {
    const met = among(pool.classes, train);
    if (met.length === 0) continue;
    const isTestNew = test && seen.every((each) => among(test.classes, each.train).length === 0);
    const where = `${dataset}${folder === null ? '' : `, folder ${JSON.stringify(folder)}`}`;
    terminal.err(
      `Warning: ${countOf(met, pool)} that ${told} was trained on (${where}): ${some(met)}. Where they are the same classes, the accuracy promises too much.${
        isTestNew && part !== 'test' ? ' --split test tests none of them.' : ''
      }`,
    );
  }
}

/** The runs' classes have no names of characters: their alphabets tell. */
function warnOfRuns(
  terminal: Terminal,
  told: string,
  seen: readonly SeenClasses[] | undefined,
  reader: string | undefined,
): void {
  const omniglot = seen?.filter(({ dataset }) => dataset === 'omniglot') ?? [];
  const met = omniglot.flatMap(({ train }) =>
    train.filter((name) => evaluationAlphabets.includes(name.split('/')[0] as string)),
  );
  if (met.length > 0)
    terminal.err(
      `Warning: ${told} was trained on ${met.length} ${met.length === 1 ? 'class' : 'classes'} of the alphabets that the official runs are of: the accuracy promises too much. The split "lake" keeps them apart: --set 'dataset={"name":"omniglot","split":"lake"}' of fewshot train.`,
    );
  else if (!seen && reader === 'omniglot')
    terminal.err(
      `Warning: ${told} was trained on omniglot, and does not tell on which classes: those of the official runs may be among them. The split "lake" keeps them apart.`,
    );
}

/** Says which of the classes that are tested are base classes too. */
export function warnOfBase(terminal: Terminal, base: ClassPool, { pool }: OpenPool): void {
  const met = among(pool.classes, base.classes);
  if (met.length > 0)
    terminal.err(
      `Warning: ${countOf(met, pool)} of base classes: ${some(met)}. Where they are the same classes, the accuracy promises too much.`,
    );
}

const countOf = ({ length }: readonly string[], { classes }: ClassPool) =>
  `${length} of the ${classes.length} classes tested ${length === 1 ? 'bears a name' : 'bear names'}`;

const some = (names: readonly string[]) => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
