// The form of the episodes that a command line asks for.

import { type ClassPool, requireEpisodes } from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';
import type { Terminal } from '../terminal/terminal';
import type { EpisodesAsked } from './test-subject';

const USUAL_QUERIES = 15;

/** As it is typed. */
export interface FormOptions {
  readonly way: number;
  readonly shot: number;
  /** Default: 15, or as many as the smallest class allows. */
  readonly query?: number;
  readonly episodes: number;
  readonly seed: number;
  readonly minImages?: number;
  readonly withinGroup?: true;
}

/** Where nobody says how many queries a class has, and it is not 15, that is told. */
export function askedOf(terminal: Terminal, pool: ClassPool, options: FormOptions): EpisodesAsked {
  const { way, shot, episodes, seed, minImages, withinGroup } = options;
  const query = options.query ?? queriesFor(terminal, pool, options);
  return { way, shot, query, episodes, seed, minImages, within: withinGroup && 'group' };
}

function queriesFor(
  terminal: Terminal,
  pool: ClassPool,
  { way, shot, seed, minImages, withinGroup }: FormOptions,
): number {
  const usual = { way, shot, query: USUAL_QUERIES, seed, minImages, within: withinGroup && 'group' } as const;
  try {
    requireEpisodes(pool, usual);
    return USUAL_QUERIES;
  } catch (error) {
    if (!(error instanceof NeusimError && error.code === 'EPISODE_TOO_FEW_IMAGES')) return USUAL_QUERIES;
    const { class: smallest, images, lower, leaveOut } = error.data as unknown as TooFewImages;
    // What does not fit at all is told as an error.
    if (!lower || 'shot' in lower) return 1;
    const { query } = lower as { readonly query: number };
    const instead = leaveOut
      ? ` To ask for ${USUAL_QUERIES}, leave small classes out: --min-images ${leaveOut.minImages}.`
      : '';
    terminal.err(
      `Note: ${USUAL_QUERIES} queries of each class are usual, but the smallest class (${smallest}) has ${images} images: ${query} ${query === 1 ? 'is' : 'are'} asked.${instead}`,
    );
    return query;
  }
}

/** What `requireEpisodes` tells of classes that are too small. */
interface TooFewImages {
  readonly class: string;
  readonly images: number;
  readonly lower?: { readonly shot?: number; readonly query?: number };
  readonly leaveOut?: { readonly minImages: number };
}
