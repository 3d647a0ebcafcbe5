// Folders of image files: a class is a folder of any depth. `train/` with `test/`, `val/`, `validation/` or `valid/`
// beside it; or class folders alone (or `train/` alone), of which a seeded part of every class is tested on. Tiny
// ImageNet as published is such a folder too, with a list of classes in `val/`.

import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { divideOpened } from './episodes/divide-classes';
import { chooseClasses, classesSchema, divide, splitEntries } from './files/choose';
import { filesOfClasses, filesToTest, TEST_FOLDERS } from './files/class-folders';
import { episodeFiles } from './files/episode-folders';
import { openFiles } from './files/open-files';
import { encodedFiles, isImageName, type LabelledFile, openTree, subfolders, type Tree } from './files/tree';
import { detected, requireFolder } from './folder';
import { limitSchema } from './options';
import { imageEntries } from './store/encoded';
import { openEncodedPool } from './store/open-pool';
import type { DatasetPlatform, DatasetSource } from './types';

const NAME = 'image-folder';
const VERSION = '1.0.0';

const options = v.strictObject({
  ...imageEntries(64),
  ...splitEntries,
  classes: classesSchema,
  limit: limitSchema,
});

type Options = v.InferOutput<typeof options>;

/** Any image folder. */
export const imageFolder = define({
  kind: 'dataset',
  name: NAME,
  version: VERSION,
  summary: 'image files in folders: a class is a folder (PNG, JPEG, WebP)',
  options,
  load:
    () =>
    (given): DatasetSource => ({
      detect: async (platform, folder) =>
        detected((await holdsClasses(platform, folder)) ? folder : undefined, true),
      async open(platform, folder, open) {
        const holds = 'a folder for each class, or train/ and test/ with such folders in them';
        const at = await requireFolder(platform, NAME, folder, holds);
        const tree = await openTree(platform, at, given.maxPixels, open);
        const { classes, train, test } = await list(tree, given);
        return openFiles(tree, { name: NAME, version: VERSION, classes, train, test }, given);
      },
      async episodes(platform, folder, open) {
        const holds = 'a folder for each class, or train/, val/ and test/ with such folders in them';
        const at = await requireFolder(platform, NAME, folder, holds);
        const tree = await openTree(platform, at, given.maxPixels, open);
        const { top, folders } = await findFolders(tree);
        const { classes, files, division } = await episodeFiles(NAME, tree, top, folders, given.classes);
        const images = await encodedFiles(tree, files);
        return divideOpened(
          await openEncodedPool(platform, { name: NAME, version: VERSION, classes, images }, given, open),
          division,
        );
      },
    }),
});

/** Whether the first of two or more folders, in `train/` where there is one, begins with images. */
async function holdsClasses(platform: DatasetPlatform, folder: string): Promise<boolean> {
  const folders = async (at: string) =>
    (await platform.listEntries(at)).filter(({ name, isFolder }) => isFolder && !name.startsWith('.'));
  const top = await folders(folder);
  const isTrain = top.some(({ name }) => name === 'train');
  const classes = isTrain ? await folders(platform.joinPath(folder, 'train')) : top;
  if (classes.length < 2) return false;
  const first = platform.joinPath(folder, ...(isTrain ? ['train'] : []), classes[0]!.name);
  const below = [
    first,
    ...(await folders(first)).slice(0, 1).map(({ name }) => platform.joinPath(first, name)),
  ];
  for (const at of below) if ((await platform.listFolder(at)).some(isImageName)) return true;
  return false;
}

interface Listed {
  readonly classes: readonly string[];
  readonly train: readonly LabelledFile[];
  readonly test: readonly LabelledFile[];
}

/** Those of the data set, and those of the classes to train on. */
async function findFolders(tree: Tree) {
  const top = await subfolders(tree, tree.root);
  const train = top.get('train');
  const folders = train === undefined ? top : await subfolders(tree, train);
  if (folders.size < 2) throw noClasses(train ?? tree.root, [...folders.keys()]);
  return { top, folders };
}

async function list(tree: Tree, given: Options): Promise<Listed> {
  const { top, folders } = await findFolders(tree);
  const all = [...folders.keys()];
  const classes = chooseClasses(NAME, all, given.classes);
  const files = await filesOfClasses(NAME, tree, classes, folders);
  const test = top.has('train') ? await findTest(tree, top, all, classes) : undefined;
  return test ? { classes, train: files, test } : { classes, ...divide(files, given) };
}

/** In the first of the usual folders whose images have classes. */
async function findTest(
  tree: Tree,
  top: ReadonlyMap<string, string>,
  all: readonly string[],
  classes: readonly string[],
): Promise<readonly LabelledFile[] | undefined> {
  for (const name of TEST_FOLDERS) {
    const folder = top.get(name);
    const found = folder && (await filesToTest(NAME, tree, folder, all, classes));
    if (found) return found;
  }
  return undefined;
}

function noClasses(folder: string, found: readonly string[]) {
  return new NeusimError(
    'DATASET_NOT_FOUND',
    `${folder} holds ${found.length} folders; wanted: one for each class`,
    {
      data: { dataset: NAME, folder, found },
      hint: 'give the folder that holds a folder of images for each of two classes or more, or train/ and test/ with such folders',
    },
  );
}
