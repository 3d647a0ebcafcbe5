// Folders of images for few-shot learning: train/CLASS, val/CLASS and test/CLASS with other classes each are a division
// of them; class folders alone, or folders that have the same classes, are none.

import { divideNames } from '../episodes/divide-classes';
import { sharedClass } from '../episodes/errors';
import type { Division } from '../episodes/types';
import { chooseClasses } from './choose';
import { filesOfClasses, filesToTest, TEST_FOLDERS, TINY_ANNOTATIONS } from './class-folders';
import { type LabelledFile, subfolders, type Tree } from './tree';

/** All images of a folder, and how its layout divides the classes. */
export interface EpisodeFiles {
  readonly classes: readonly string[];
  readonly files: readonly LabelledFile[];
  /** Undefined where the layout does not tell. */
  readonly division: Division | undefined;
}

type Folders = ReadonlyMap<string, string>;

/**
 * @param top the data set's folders.
 * @param train the class folders, in `train/` where there is one.
 * @param wanted classes to keep.
 * @throws NeusimError `EPISODE_SHARED_CLASS`, `DATASET_UNKNOWN_CLASS`, `DATASET_BAD_LABEL`, `DATASET_EMPTY_CLASS`
 */
export async function episodeFiles(
  dataset: string,
  tree: Tree,
  top: Folders,
  train: Folders,
  wanted: readonly string[] | undefined,
): Promise<EpisodeFiles> {
  const tested = top.has('train') ? TEST_FOLDERS.filter((name) => top.has(name)) : [];
  const others: [string, Folders][] = [];
  for (const name of tested) {
    const folder = top.get(name)!;
    if (await tree.platform.exists(tree.platform.joinPath(folder, TINY_ANNOTATIONS)))
      return sameClasses(dataset, tree, tested, top, train, wanted);
    const classes = await subfolders(tree, folder);
    // Where labels are kept from the public, there is one folder of all images.
    const isUnlabelled = classes.size === 1 && classes.has('images');
    if (classes.size > 0 && !isUnlabelled) others.push([name, classes]);
  }
  const isOther = ([, classes]: [string, Folders]) => ![...classes.keys()].some((name) => train.has(name));
  if (!others.some(isOther)) return sameClasses(dataset, tree, tested, top, train, wanted);
  return otherClasses(dataset, tree, [['train', train], ...others], wanted);
}

/** All images of the classes of `train`, wherever they are. */
async function sameClasses(
  dataset: string,
  tree: Tree,
  tested: readonly string[],
  top: Folders,
  train: Folders,
  wanted: readonly string[] | undefined,
): Promise<EpisodeFiles> {
  const all = [...train.keys()];
  const classes = chooseClasses(dataset, all, wanted);
  const files = await filesOfClasses(dataset, tree, classes, train);
  for (const name of tested)
    files.push(...((await filesToTest(dataset, tree, top.get(name)!, all, classes)) ?? []));
  return { classes, files, division: undefined };
}

/** @param parts `train` first. */
async function otherClasses(
  dataset: string,
  tree: Tree,
  parts: readonly [string, Folders][],
  wanted: readonly string[] | undefined,
): Promise<EpisodeFiles> {
  const partOf = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const [part, own] of parts)
    for (const [name, folder] of own) {
      const before = partOf.get(name);
      if (before !== undefined) throw sharedClass(name, [`${before}/`, `${part}/`]);
      partOf.set(name, part);
      folders.set(name, folder);
    }
  const classes = chooseClasses(dataset, [...folders.keys()].sort(), wanted);
  // The folder to test on is `test`, else the only one there is.
  const test = parts.some(([part]) => part === 'test') || parts.length > 2 ? 'test' : parts[1]![0];
  const of = (isPart: (part: string) => boolean) => classes.filter((name) => isPart(partOf.get(name)!));
  const testing = of((part) => part === test);
  const validation = of((part) => part !== 'train' && part !== test);
  const division: Division =
    validation.length > 0
      ? { train: of((part) => part === 'train'), validation, test: testing }
      : { test: testing };
  // Refuses a part without classes before any image is read.
  divideNames(classes, division);
  return { classes, files: await filesOfClasses(dataset, tree, classes, folders), division };
}
