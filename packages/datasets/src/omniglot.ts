// Omniglot: 1,623 characters of 50 alphabets, each drawn once by 20 people, 105×105 pixels of ink on white.
// `images_background/ALPHABET/characterNN/MMMM_DD.png`, DD being the drawer, and the same in `images_evaluation/`. Lake,
// Salakhutdinov and Tenenbaum, Human-level concept learning through probabilistic program induction, 2015;
// https://github.com/brendenlake/omniglot

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { chooseClasses, classesSchema } from './files/choose';
import { openFiles } from './files/open-files';
import { findImages, type LabelledFile, openTree, subfolders, type Tree } from './files/tree';
import { findFolder, lookFor } from './folder';
import { limitSchema } from './options';
import { permutation, random, streams } from './random';
import { imageEntries } from './store/encoded';
import { emptyClass } from './store/errors';
import type { DatasetSource } from './types';

const NAME = 'omniglot';
const VERSION = '1.0.0';
const DRAWERS = 20;
const SETS = {
  background: ['images_background'],
  evaluation: ['images_evaluation'],
  both: ['images_background', 'images_evaluation'],
} as const;

const below = ['omniglot', 'omniglot-py'];

const options = v.strictObject({
  ...imageEntries(28, 1),
  set: v.optional(v.picklist(['background', 'evaluation', 'both']), 'background'),
  /** What a class is. */
  classes: v.optional(v.picklist(['character', 'alphabet']), 'character'),
  /** Alphabets to keep, in place of all. */
  alphabets: classesSchema,
  /** How many of the 20 drawers to test on. */
  testDrawers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(DRAWERS - 1)), 4),
  /** Chooses them; without it, they are the last ones. */
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  limit: limitSchema,
});

type Options = v.InferOutput<typeof options>;

/** Omniglot as a data set to classify. */
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
        const at = await findFolder(platform, NAME, folder, below, SETS[given.set]);
        const tree = await openTree(platform, at, given.maxPixels, open);
        const { classes, train, test } = await list(tree, given);
        return openFiles(tree, { name: NAME, version: VERSION, classes, train, test }, given);
      },
    }),
});

async function list(tree: Tree, given: Options) {
  const alphabets = await findAlphabets(tree, given);
  const tested = testDrawers(given);
  const classes: string[] = [];
  const train: LabelledFile[] = [];
  const test: LabelledFile[] = [];
  for (const [alphabet, folder] of alphabets) {
    if (given.classes === 'alphabet') classes.push(alphabet);
    const characters = await subfolders(tree, folder);
    if (characters.size === 0) throw emptyClass(NAME, alphabet, 'train', folder);
    for (const [character, at] of characters) {
      if (given.classes === 'character') classes.push(`${alphabet}/${character}`);
      const { images } = await findImages(tree, at);
      if (images.length === 0) throw emptyClass(NAME, `${alphabet}/${character}`, 'train', at);
      for (const path of images)
        (tested.has(drawerOf(path)) ? test : train).push({ path, label: classes.length - 1 });
    }
    tree.options.onProgress?.({ phase: 'listing', done: classes.length, total: 0 });
  }
  return { classes, train, test };
}

/** Folders of the alphabets, sorted by name within each set. */
async function findAlphabets(tree: Tree, given: Options): Promise<[string, string][]> {
  const top = await subfolders(tree, tree.root);
  const found = new Map<string, string>();
  for (const name of SETS[given.set]) {
    const folder = top.get(name);
    if (folder === undefined)
      throw new NeusimError('DATASET_NOT_FOUND', `${tree.root} has no folder ${name}`, {
        data: { dataset: NAME, looked: [tree.platform.joinPath(tree.root, name)] },
        hint: `unpack ${name}.zip there, or set "set" to another`,
      });
    for (const [alphabet, at] of await subfolders(tree, folder)) found.set(alphabet, at);
  }
  const names = chooseClasses(NAME, [...found.keys()], given.alphabets);
  return names.map((name) => [name, found.get(name) as string]);
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
