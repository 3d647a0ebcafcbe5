// Episodes without a state: the one of an index depends on the pool, the options and the index alone. Vinyals et al.,
// Matching networks for one shot learning, 2016.

import { NeusimError } from '@neusim/registry';
import { type Random, random, streams, uniformInt } from '../random';
import { imagesByClass } from './class-images';
import { candidatesOf } from './require-episodes';
import type { ClassPool, Episode, EpisodeOptions } from './types';

/**
 * Episode `index` of a seed.
 *
 * - `way` classes are drawn without replacement, all sets and orders of them equally likely; their order is that of the
 *   episode's labels. With `within: 'group'` a group is drawn first, each that has `way` classes equally likely.
 * - Of each class `shot + query` images are drawn without replacement: the first are its support, the others its query.
 * - The classes depend on (seed, index) and on no shot and query; of more shots, the first are those of fewer.
 * - Episodes of one seed are independent: a class or an image may come again in another.
 *
 * @param index 0..2^32 - 1
 * @throws NeusimError `EPISODE_TOO_FEW_CLASSES`, `EPISODE_TOO_FEW_IMAGES`, `EPISODE_BAD_OPTIONS`, `EPISODE_BAD_POOL`,
 *   `EPISODE_NO_GROUPS`, `DATASET_BAD_SEED`
 */
export function drawEpisode(pool: ClassPool, options: EpisodeOptions, index: number): Episode {
  const { groups } = candidatesOf(pool, options);
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32)
    throw new NeusimError('EPISODE_BAD_OPTIONS', `index = ${index}; allowed: whole numbers from 0`, {
      data: { option: 'index', value: index },
      hint: 'count episodes from 0',
    });
  const { way, shot, query: asked, seed } = options;
  const next = random(seed, streams.episode, index);
  const from = groups[groups.length === 1 ? 0 : uniformInt(next, groups.length)]!;
  const classes = sample(next, from, way);
  const images = imagesByClass(pool);
  const support = new Uint32Array(way * shot);
  const query = new Uint32Array(way * asked);
  for (const [place, label] of classes.entries()) {
    const own = sample(random(seed, streams.episodeImages, index, place), images[label]!, shot + asked);
    support.set(own.subarray(0, shot), place * shot);
    query.set(own.subarray(shot), place * asked);
  }
  return { classes, support, query };
}

/** So many of the values, none twice (the start of a Fisher–Yates shuffle). */
function sample(next: Random, values: Uint32Array, count: number): Uint32Array {
  const order = values.slice();
  for (let i = 0; i < count; i++) {
    const j = i + uniformInt(next, order.length - i);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order.slice(0, count);
}
