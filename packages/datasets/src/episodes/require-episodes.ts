// Whether a pool has the classes and the images that episodes want of it, with errors that say what to change.

import { NeusimError } from '@neusim/registry';
import type { OpenOptions } from '../types';
import { imagesByClass } from './class-images';
import { noGroups } from './errors';
import type { ClassPool, EpisodeOptions } from './types';

/** The classes that an episode may draw from together: one list, or one a group. Each has `way` classes or more. */
export interface Candidates {
  readonly groups: readonly Uint32Array[];
  /** Classes that are in none of them, for `minImages`. */
  readonly leftOut: readonly string[];
  /** Groups of fewer classes than `way`. */
  readonly smallGroups: readonly string[];
}

/**
 * Checks once, before a run, that every episode can be drawn.
 * @param onWarning told `EPISODE_CLASSES_LEFT_OUT`, where `minImages` or `within` leaves some out
 * @returns how many classes they are drawn from
 * @throws NeusimError `EPISODE_TOO_FEW_CLASSES`, `EPISODE_TOO_FEW_IMAGES`, both with the largest values that the pool is
 *   enough for in `data.lower` (`{ query: 5 }`; of `shot` only where one query is too many), where there are any, and with what
 *   leaves small classes out in `data.leaveOut` (`{ minImages: 16 }`), where enough are left; where nothing can be lowered, with
 *   what the classes of two images or more are enough for (`{ minImages: 2, way: 4 }`); `EPISODE_BAD_OPTIONS`, `EPISODE_BAD_POOL`, `EPISODE_NO_GROUPS`
 */
export function requireEpisodes(
  pool: ClassPool,
  options: EpisodeOptions,
  onWarning?: OpenOptions['onWarning'],
): number {
  const { groups, leftOut, smallGroups } = candidatesOf(pool, options);
  if (leftOut.length > 0) {
    const message = `${leftOut.length} of ${pool.classes.length} classes have fewer than ${options.minImages} images and are left out: ${some(leftOut)}`;
    onWarning?.(
      new NeusimError('EPISODE_CLASSES_LEFT_OUT', message, {
        data: { classes: leftOut, minImages: options.minImages },
        hint: 'add images of them, or lower minImages',
      }),
    );
  }
  if (smallGroups.length > 0) {
    const message = `${smallGroups.length} groups have fewer than ${options.way} classes and are left out: ${some(smallGroups)}`;
    onWarning?.(
      new NeusimError('EPISODE_CLASSES_LEFT_OUT', message, {
        data: { groups: smallGroups, way: options.way },
        hint: 'lower way to draw from them too',
      }),
    );
  }
  return groups.reduce((sum, { length }) => sum + length, 0);
}

/** Errors as `requireEpisodes`. */
export function candidatesOf(pool: ClassPool, options: EpisodeOptions): Candidates {
  checkOptions(options);
  const { way, shot, query, within, minImages = 0 } = options;
  const images = imagesByClass(pool);
  const kept: number[] = [];
  const leftOut: string[] = [];
  for (const [label, { length }] of images.entries()) {
    const name = pool.classes[label]!;
    if (length < minImages) leftOut.push(name);
    else if (length < shot + query) throw tooFewImages(pool, options);
    else kept.push(label);
  }
  if (kept.length < way) throw tooFewClasses(kept.length, leftOut, options);
  if (within === undefined) return { groups: [Uint32Array.from(kept)], leftOut, smallGroups: [] };
  const { groups: named } = pool;
  if (!named) throw noGroups("within is 'group'", { within });
  const members = new Map<string, number[]>();
  for (const label of kept) {
    const own = members.get(named[label]!) ?? [];
    own.push(label);
    members.set(named[label]!, own);
  }
  const large = [...members.values()].filter(({ length }) => length >= way);
  const smallGroups = [...members].filter(([, { length }]) => length < way).map(([name]) => name);
  if (large.length === 0) {
    const most = Math.max(...[...members.values()].map(({ length }) => length));
    throw new NeusimError('EPISODE_TOO_FEW_CLASSES', `no group has ${way} classes; the largest has ${most}`, {
      data: { way, classes: most, within, ...(most >= 2 && { lower: { way: most } }) },
      hint: `${most >= 2 ? `lower way to ${most} or less, or ` : ''}leave \`within\` out`,
    });
  }
  return { groups: large.map((own) => Uint32Array.from(own)), leftOut, smallGroups };
}

function checkOptions({ way, shot, query, minImages = 0 }: EpisodeOptions): void {
  const wanted = [
    ['way', way, 2],
    ['shot', shot, 1],
    ['query', query, 1],
    ['minImages', minImages, 0],
  ] as const;
  for (const [name, value, least] of wanted) {
    if (Number.isInteger(value) && value >= least && value <= 2 ** 24) continue;
    throw new NeusimError('EPISODE_BAD_OPTIONS', `${name} = ${value}; allowed: whole numbers from ${least}`, {
      data: { option: name, value },
      hint: 'the usual ones are way 5, shot 1 or 5, query 15',
    });
  }
}

/** Told of the smallest class: what is right for it is right for all. */
function tooFewImages(pool: ClassPool, { way, shot, query, minImages = 0 }: EpisodeOptions) {
  const counts = imagesByClass(pool).map(({ length }) => length);
  const asked = counts.filter((length) => length >= minImages);
  const images = Math.min(...asked);
  const name = pool.classes[counts.indexOf(images)]!;
  const all = asked.filter((length) => length < shot + query).length;
  const others = all === 2 ? '; 1 other class has' : all > 2 ? `; ${all - 1} other classes have` : undefined;
  const lower = lowered(images, shot, query);
  // Of no use where it leaves fewer classes than an episode has.
  const leaveOut =
    asked.length - all >= way
      ? { minImages: shot + query }
      : lower === undefined
        ? withoutSingles(asked, { way, shot, query })
        : undefined;
  const ways = [
    lower === undefined ? 'a class needs two images or more' : `lower ${listed(lower)}`,
    ...(leaveOut ? [leavingOut(leaveOut)] : []),
    'or add images to it',
  ];
  return new NeusimError(
    'EPISODE_TOO_FEW_IMAGES',
    `class "${name}" has ${images} image${images === 1 ? '' : 's'}; ${shot} to learn from and ${query} to ask for are wanted${others ? `${others} too few as well` : ''}`,
    {
      data: {
        class: name,
        images,
        shot,
        query,
        classes: all,
        ...(lower && { lower }),
        ...(leaveOut && { leaveOut }),
      },
      hint: ways.join('; '),
    },
  );
}

type Form = Pick<EpisodeOptions, 'way' | 'shot' | 'query'>;
type Change = Readonly<Partial<Record<keyof Form, number>>>;

/** The queries first, down to one; then the shot; by as little as is needed. undefined: no episode has so small a class. */
function lowered(images: number, shot: number, query: number): Change | undefined {
  if (images < 2) return undefined;
  if (images > shot) return { query: images - shot };
  return { shot: images - 1, ...(query > 1 && { query: 1 }) };
}

/** What makes episodes of the classes of two images or more; undefined where these are fewer than two. */
function withoutSingles(
  counts: readonly number[],
  { way, shot, query }: Form,
): (Change & { readonly minImages: number }) | undefined {
  const kept = counts.filter((length) => length >= 2);
  if (kept.length < 2) return undefined;
  const images = Math.min(...kept);
  return {
    minImages: 2,
    ...(images < shot + query && lowered(images, shot, query)),
    ...(kept.length < way && { way: kept.length }),
  };
}

const listed = (changes: Change) =>
  Object.entries(changes)
    .map(([key, value]) => `${key} to ${value}`)
    .join(' and ');

function leavingOut({ minImages, ...more }: Change & { readonly minImages: number }): string {
  const besides = Object.keys(more).length > 0 ? `, and lower ${listed(more)}` : '';
  return `or set minImages to ${minImages}, which leaves out every class with fewer${besides}`;
}

function tooFewClasses(classes: number, leftOut: readonly string[], { way, minImages }: EpisodeOptions) {
  const without =
    leftOut.length > 0 ? ` without the ${leftOut.length} of fewer than ${minImages} images` : '';
  const isEnough = classes >= 2;
  const lower = isEnough ? `lower way to ${classes}` : 'an episode needs two classes or more';
  const more =
    leftOut.length > 0 ? 'lower minImages with shot and query' : 'give this part of the data more classes';
  return new NeusimError(
    'EPISODE_TOO_FEW_CLASSES',
    `${classes} class${classes === 1 ? '' : 'es'}${without}; an episode of way = ${way} wants ${way}`,
    {
      data: { classes, way, leftOut, ...(isEnough && { lower: { way: classes } }) },
      hint: `${lower}, or ${more}`,
    },
  );
}

const some = (names: readonly string[]) => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
