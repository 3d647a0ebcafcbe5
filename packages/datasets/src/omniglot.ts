// Omniglot: 1,623 characters of 50 alphabets, each drawn once by 20 people, 105×105 pixels of ink on white.
// `images_background/ALPHABET/characterNN/MMMM_DD.png`, DD being the drawer, and the same in `images_evaluation/`. Lake,
// Salakhutdinov and Tenenbaum, Human-level concept learning through probabilistic program induction, 2015;
// https://github.com/brendenlake/omniglot

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import type { Division } from './episodes/types';
import { classesSchema } from './files/choose';
import { openFiles } from './files/open-files';
import { encodedFiles, type LabelledFile } from './files/tree';
import { lookFor } from './folder';
import { below, type Character, findCharacters, NAME, SETS } from './omniglot/characters';
import { ALL_TURNS, divideCharacters, divisionOf, NO_TURN, turnedDataset } from './omniglot/divide';
import { readLists } from './omniglot/lists';
import { inFolderSchema, limitSchema } from './options';
import { permutation, random, streams } from './random';
import { imageEntries } from './store/encoded';
import { openEncodedPool } from './store/open-pool';
import type { DatasetSource } from './types';

const VERSION = '1.0.0';
const DRAWERS = 20;

const options = v.strictObject({
  ...imageEntries(28, 1),
  /** Default: `background`; for episodes `both`. */
  set: v.optional(v.picklist(['background', 'evaluation', 'both'])),
  /** What a class is; in episodes it is a character. */
  classes: v.optional(v.picklist(['character', 'alphabet']), 'character'),
  /** Alphabets to keep, in place of all. */
  alphabets: classesSchema,
  /** How many of the 20 drawers to test on. */
  testDrawers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(DRAWERS - 1)), 4),
  /** Chooses them; without it, they are the last ones. Of episodes: chooses the characters, default 0. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  limit: limitSchema,
  /** Of episodes: which characters are tested on. */
  split: v.optional(v.picklist(['lake', 'vinyals']), 'vinyals'),
  /** Of episodes: characters turned by 90, 180 and 270 degrees are further classes. Default: with `vinyals` they are. */
  rotations: v.optional(v.boolean()),
  /** Of episodes: files below the folder that name the classes, in place of `split`. */
  lists: v.optional(
    v.strictObject({ train: inFolderSchema, validation: inFolderSchema, test: inFolderSchema }),
  ),
});

type Options = v.InferOutput<typeof options>;

/** Omniglot as a data set to classify, and for few-shot learning. */
export const omniglot = define({
  kind: 'dataset',
  name: NAME,
  version: VERSION,
  summary: '32,460 drawings of 1,623 characters in 50 alphabets; some of the 20 drawers are tested on',
  options,
  load:
    () =>
    (given): DatasetSource => ({
      async detect(platform, folder) {
        const [first, second] = SETS.both;
        const found = await lookFor(platform, folder, below, SETS.both);
        if (found === undefined) return undefined;
        const has = (name: string) => platform.exists(platform.joinPath(found, name));
        const set = !(await has(second)) ? 'background' : (await has(first)) ? 'both' : 'evaluation';
        return { folder: found, options: { set } };
      },
      async open(platform, folder, open) {
        const { tree, characters } = await findCharacters(
          platform,
          folder,
          given.set ?? 'background',
          given,
          open,
        );
        const { classes, train, test } = list(characters, given);
        return openFiles(tree, { name: NAME, version: VERSION, classes, train, test }, given);
      },
      async episodes(platform, folder, open) {
        const { tree, characters } = await findCharacters(platform, folder, given.set ?? 'both', given, open);
        const classes = characters.map(({ name }) => name);
        const labels = new Map(classes.map((name, label) => [name, label]));
        const lists = given.lists && (await readLists(tree, given.lists, labels, given.rotations));
        const files = characters.flatMap(({ images }, label) => images.map((path) => ({ path, label })));
        const groups = characters.map(({ alphabet }) => alphabet);
        const images = await encodedFiles(tree, files);
        const pool = await openEncodedPool(
          platform,
          { name: NAME, version: VERSION, classes, groups, images },
          given,
          open,
        );
        const turns = (given.rotations ?? given.split === 'vinyals') ? ALL_TURNS : NO_TURN;
        const divide = (division: Division) => divideCharacters(pool, division, turns);
        const tested = characters.filter(({ set }) => set === SETS.both[1]).map(({ alphabet }) => alphabet);
        const usual = () => divisionOf(given.split, groups, [...new Set(tested)], given.seed ?? 0);
        try {
          return turnedDataset(pool, lists ?? divide(usual()), divide);
        } catch (error) {
          await pool.close?.();
          throw error;
        }
      },
    }),
});

/** Divided by drawers. */
function list(characters: readonly Character[], given: Options) {
  const tested = testDrawers(given);
  const nameOf = ({ name, alphabet }: Character) => (given.classes === 'alphabet' ? alphabet : name);
  const classes = [...new Set(characters.map(nameOf))];
  const labels = new Map(classes.map((name, label) => [name, label]));
  const train: LabelledFile[] = [];
  const test: LabelledFile[] = [];
  for (const character of characters) {
    const label = labels.get(nameOf(character))!;
    for (const path of character.images) (tested.has(drawerOf(path)) ? test : train).push({ path, label });
  }
  return { classes, train, test };
}

/** @throws NeusimError `DATASET_BAD_NAMES` */
function drawerOf(path: string): number {
  const drawer = Number(/_(\d\d)\.[a-z]+$/i.exec(path)?.[1]);
  if (drawer >= 1 && drawer <= DRAWERS) return drawer;
  throw new NeusimError(
    'DATASET_BAD_NAMES',
    `${path} does not end in the number of a drawer, 01 to ${DRAWERS}`,
    {
      data: { file: path },
      hint: 'drawings are named as 0709_01.png',
    },
  );
}

function testDrawers({ testDrawers: count, seed }: Options): ReadonlySet<number> {
  const order =
    seed === undefined
      ? Uint32Array.from({ length: DRAWERS }, (_, i) => i)
      : permutation(random(seed, streams.split, 0), DRAWERS);
  return new Set(Array.from(order.subarray(DRAWERS - count), (index) => index + 1));
}
