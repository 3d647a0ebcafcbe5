// Images that a CSV names with their classes: `filename,label`, and a folder of images beside it, as Mini-ImageNet is
// distributed (Vinyals et al., Matching Networks, 2016; the lists of Ravi and Larochelle, 2017). The classes of its three
// lists have nothing in common: to classify, divide them by a seed.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { chooseClasses, classesSchema, divide, splitEntries } from './files/choose';
import { type CsvEntry, readCsvList } from './files/csv-list';
import { isFolder, listedFiles } from './files/listed-files';
import { openFiles } from './files/open-files';
import { openTree, type Tree } from './files/tree';
import { findFolder, lookFor } from './folder';
import { limitSchema } from './options';
import { imageEntries } from './store/encoded';
import type { DatasetPlatform, DatasetSource } from './types';

const NAME = 'csv-images';
const VERSION = '1.0.0';

/** A name in the data set's own folder. */
const fileName = v.pipe(v.string(), v.regex(/^[^\\/]+$/, 'a file name, without a folder'));

const below = ['mini-imagenet'];

const options = v.strictObject({
  ...imageEntries(84),
  ...splitEntries,
  /** `files`: one list to train on and one to test on; `seeded`: a share `test` of each class of all lists. */
  split: v.optional(v.picklist(['files', 'seeded']), 'files'),
  /** Lists: with `files` two, to train and to test on; with `seeded` any number. Default: the usual ones that are there. */
  lists: v.optional(v.pipe(v.array(fileName), v.minLength(1))),
  /** Names in the header. */
  columns: v.optional(
    v.strictObject({
      file: v.optional(v.string(), 'filename'),
      label: v.optional(v.string(), 'label'),
    }),
    {},
  ),
  /** Folder that the names begin in. Default: `images` where it is there, else the data set's. */
  images: v.optional(fileName),
  classes: classesSchema,
  limit: limitSchema,
});

type Options = v.InferOutput<typeof options>;

/** Images named by CSV files. */
export const csvImages = define({
  kind: 'dataset',
  name: NAME,
  version: VERSION,
  summary: 'image files that a CSV names with their classes, as Mini-ImageNet',
  options,
  load:
    () =>
    (given): DatasetSource => ({
      async detect(platform, folder) {
        const found = await lookFor(platform, folder, below, ['train.csv']);
        return found === undefined
          ? undefined
          : { folder: found, isGuess: true, options: { split: 'seeded' } };
      },
      async open(platform, folder, open) {
        const at = await findFolder(platform, NAME, folder, below, given.lists ?? ['train.csv']);
        const tree = await openTree(platform, at, given.maxPixels, open);
        const { classes, train, test } = await list(tree, given);
        return openFiles(tree, { name: NAME, version: VERSION, classes, train, test }, given);
      },
    }),
});

async function list(tree: Tree, given: Options) {
  const { platform, root } = tree;
  const images =
    given.images ?? ((await isFolder(platform, platform.joinPath(root, 'images'))) ? 'images' : '.');
  const base = await platform.realPath(platform.joinPath(root, images));
  const files = listedFiles(tree, base);
  const read = (name: string) => readCsvList(tree, platform.joinPath(root, name), files, given.columns);
  if (given.split === 'seeded') {
    const lists = given.lists ?? (await present(platform, root, ['train.csv', 'val.csv', 'test.csv']));
    const entries = (await Promise.all(lists.map(read))).flat();
    const { classes, labelled } = label(entries, given);
    return { classes, ...divide(labelled(entries), given) };
  }
  const usual = await present(platform, root, ['test.csv', 'val.csv']);
  const [toTrain, toTest] = given.lists ?? ['train.csv', usual[0]];
  if (toTrain === undefined || toTest === undefined) throw noTest(root);
  const [train, test] = [await read(toTrain), await read(toTest)];
  const { all, classes, labelled } = label(train, given);
  const strange = test.find((entry) => !all.includes(entry.class));
  if (strange) throw disjoint(strange, toTrain);
  return { classes, train: labelled(train), test: labelled(test) };
}

function label(entries: readonly CsvEntry[], { classes: wanted }: Options) {
  const all = [...new Set(entries.map((entry) => entry.class))].sort();
  const classes = chooseClasses(NAME, all, wanted);
  const labels = new Map(classes.map((name, index) => [name, index]));
  const labelled = (some: readonly CsvEntry[]) =>
    some.flatMap(({ path, class: name }) => {
      const own = labels.get(name);
      return own === undefined ? [] : [{ path, label: own }];
    });
  return { all, classes, labelled };
}

async function present(
  platform: DatasetPlatform,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) if (await platform.exists(platform.joinPath(folder, name))) found.push(name);
  return found;
}

function noTest(folder: string) {
  return new NeusimError('DATASET_NOT_FOUND', `${folder} has no test.csv or val.csv`, {
    data: { dataset: NAME, folder },
    hint: 'name two lists by "lists", or set "split": "seeded" to divide one',
  });
}

function disjoint(entry: CsvEntry, train: string) {
  return new NeusimError(
    'DATASET_BAD_LABEL',
    `${entry.list}, line ${entry.line}: class "${entry.class}" is not among those of ${train}`,
    {
      data: { file: entry.list, line: entry.line, class: entry.class },
      hint: 'lists of few-shot sets have no class in common: set "split": "seeded" to classify all of them',
    },
  );
}
