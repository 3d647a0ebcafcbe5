// Whether a network has seen the classes that it is tested on.

import type { ClassPool } from '@neusim/datasets';
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

/** Of runs: all classes where none was trained on or chosen by; else, and where that is not known, those to test on. */
export const whatIsNew =
  (seen: readonly SeenClasses[] | undefined): PartChoice =>
  (classes) =>
    seen?.every(({ train, validation }) => among(classes, [...train, ...validation]).length === 0)
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
    const isOmniglot = seen ? seen.some(({ dataset }) => dataset === 'omniglot') : own === 'omniglot';
    if (isOmniglot)
      terminal.err(
        `Warning: ${told} was trained on omniglot. The official runs are of its evaluation set, which the split "lake" keeps apart from training, and "vinyals" does not.`,
      );
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
