// The form of the episodes that a command line asks for.

import type { ClassPool } from '@neusim/datasets';
import type { Terminal } from '../terminal/terminal';
import type { EpisodesAsked } from './test-subject';

const USUAL_QUERIES = 15;

/** As it is typed. */
export interface FormOptions {
  readonly way: number;
  readonly shot: number;
  readonly query?: number;
  readonly episodes: number;
  readonly seed: number;
  readonly minImages?: number;
  readonly withinGroup?: true;
}

/** Where nobody says how many queries a class has, it is 15, or as many as the smallest class allows: that is told. */
export function askedOf(terminal: Terminal, pool: ClassPool, options: FormOptions): EpisodesAsked {
  const { way, shot, episodes, seed, minImages, withinGroup } = options;
  const query = options.query ?? queriesFor(terminal, pool, options);
  return { way, shot, query, episodes, seed, minImages, within: withinGroup && 'group' };
}

function queriesFor(terminal: Terminal, pool: ClassPool, { shot, minImages = 0 }: FormOptions): number {
  const counts = new Array<number>(pool.classes.length).fill(0);
  for (const label of pool.labels) counts[label]!++;
  const fewest = Math.min(...counts.filter((count) => count >= minImages));
  const fit = fewest - shot;
  if (fit >= USUAL_QUERIES) return USUAL_QUERIES;
  // What does not fit at all is told as an error.
  if (fit < 1) return 1;
  const smallest = counts.indexOf(fewest);
  terminal.err(
    `Note: ${USUAL_QUERIES} queries of each class are usual, but the smallest class (${pool.classes[smallest]}) has ${fewest} images: ${fit} are asked. --min-images ${shot + USUAL_QUERIES} leaves small classes out in place of it.`,
  );
  return fit;
}
