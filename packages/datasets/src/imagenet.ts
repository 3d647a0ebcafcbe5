// ImageNet as ILSVRC lays it out: `train/n01440764/*.JPEG`, and `val/` with such folders or with all images and a list of
// their classes. Classes are named by words of WordNet where a list of them is there. Russakovsky et al., ImageNet Large
// Scale Visual Recognition Challenge, 2015; https://image-net.org

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { chooseClasses, classesSchema } from './files/choose';
import { filesOfClasses, filesToTest } from './files/class-folders';
import { openFiles } from './files/open-files';
import { synsetNames } from './files/synsets';
import { follow, openTree, subfolders, type Tree } from './files/tree';
import { listedValidation } from './files/validation-list';
import { findFolder, lookFor } from './folder';
import { limitSchema } from './options';
import { imageEntries } from './store/encoded';
import type { DatasetSource } from './types';

const NAME = 'imagenet';
const VERSION = '1.0.0';
const ID = /^n\d{8}$/;

/** As Kaggle's archive unpacks. */
const below = ['imagenet', 'ILSVRC', 'ILSVRC/Data/CLS-LOC'];

const options = v.strictObject({
  ...imageEntries(224),
  /** WordNet ids to keep, in place of all. */
  classes: classesSchema,
  limit: limitSchema,
});

/** ImageNet, or a part of it in the same layout. */
export const imagenet = define({
  kind: 'dataset',
  name: NAME,
  version: VERSION,
  summary: 'ImageNet (ILSVRC) and its parts: train/n01440764/*.JPEG, val/ and synset words',
  options,
  load:
    () =>
    (given): DatasetSource => ({
      async detect(platform, folder) {
        const found = await lookFor(platform, folder, below, ['train']);
        if (found === undefined || !(await platform.exists(platform.joinPath(found, 'val'))))
          return undefined;
        const classes = await platform.listFolder(platform.joinPath(found, 'train'));
        // Small copies are many, and the whole is quicker to look at when it is small.
        return classes.some((name) => ID.test(name)) ? { folder: found, options: { size: 64 } } : undefined;
      },
      async open(platform, folder, open) {
        const at = await findFolder(platform, NAME, folder, below, ['train']);
        const tree = await openTree(platform, folder ?? at, given.maxPixels, open);
        const home = await follow(tree, at);
        // Kaggle's lists lie at its top.
        const lists = [home, tree.root];
        const top = await subfolders(tree, home);
        const folders = await subfolders(tree, top.get('train') ?? home);
        const all = [...folders.keys()].filter((name) => ID.test(name)).sort();
        if (all.length < 2) throw noClasses(top.get('train') ?? home, all);
        const ids = chooseClasses(NAME, all, given.classes);
        const train = await filesOfClasses(NAME, tree, ids, folders);
        const test = await findValidation(tree, top.get('val'), lists, all, ids);
        return openFiles(
          tree,
          { name: NAME, version: VERSION, classes: await synsetNames(platform, lists, ids), train, test },
          given,
        );
      },
    }),
});

async function findValidation(
  tree: Tree,
  folder: string | undefined,
  lists: readonly string[],
  all: readonly string[],
  ids: readonly string[],
) {
  if (folder === undefined)
    throw new NeusimError('DATASET_NOT_FOUND', `there is no folder val beside train in ${lists[0]}`, {
      data: { dataset: NAME, looked: [lists[0]] },
      hint: 'put the validation images into val/ beside train/; "image-folder" divides one folder of classes itself',
    });
  return (
    (await filesToTest(NAME, tree, folder, all, ids)) ??
    (await listedValidation(tree, folder, [...lists, folder], all, ids))
  );
}

function noClasses(folder: string, found: readonly string[]) {
  return new NeusimError('DATASET_NOT_FOUND', `${folder} holds ${found.length} folders named as n01440764`, {
    data: { dataset: NAME, folder, found },
    hint: 'a class is a folder named by its WordNet id; "image-folder" takes any names',
  });
}
