// Folders whose subfolders are classes: those to train on, and those to test on, which may be one folder of images with
// a list of their classes beside it.

import { NeusimError } from '@neusim/registry';
import { emptyClass } from '../store/errors';
import { listedFiles } from './listed-files';
import { badRow, parseLines, readRows } from './rows';
import { findImages, type LabelledFile, subfolders, type Tree } from './tree';

/** What the published Tiny ImageNet tells of its images in `val/images`: name, class and a box, by tabs. */
export const TINY_ANNOTATIONS = 'val_annotations.txt';

/** Names of the folders that images to test on may be in. */
export const TEST_FOLDERS = ['test', 'val', 'validation', 'valid'] as const;

/**
 * The images of every class.
 * @param folders of the classes, by name.
 * @throws NeusimError `DATASET_EMPTY_CLASS`
 */
export async function filesOfClasses(
  dataset: string,
  tree: Tree,
  classes: readonly string[],
  folders: ReadonlyMap<string, string>,
): Promise<LabelledFile[]> {
  const files: LabelledFile[] = [];
  for (const [label, name] of classes.entries()) {
    const folder = folders.get(name);
    if (folder === undefined) continue;
    const { images, others } = await findImages(tree, folder);
    const note = others > 0 ? `${folder} (${others} other files there are no images by their names)` : folder;
    if (images.length === 0) throw emptyClass(dataset, name, 'train or test', note);
    for (const path of images) files.push({ path, label });
    tree.options.onProgress?.({ phase: 'listing', done: label + 1, total: classes.length });
  }
  return files;
}

/**
 * The images to test on in a folder that has one of the classes' folders, or a Tiny ImageNet list; undefined where it has
 * neither, as where labels are kept from the public.
 * @param all classes there are, of which `classes` are used.
 * @throws NeusimError `DATASET_BAD_LABEL`, `DATASET_BAD_ROW`, `DATASET_EMPTY_CLASS`, `DATASET_UNSAFE_PATH`
 */
export async function filesToTest(
  dataset: string,
  tree: Tree,
  folder: string,
  all: readonly string[],
  classes: readonly string[],
): Promise<LabelledFile[] | undefined> {
  const list = tree.platform.joinPath(folder, TINY_ANNOTATIONS);
  if (await tree.platform.exists(list)) return annotated(tree, folder, list, all, classes);
  const folders = await subfolders(tree, folder);
  if (![...folders.keys()].some((name) => all.includes(name))) return undefined;
  const strange = [...folders.keys()].find((name) => !all.includes(name));
  if (strange !== undefined)
    throw new NeusimError(
      'DATASET_BAD_LABEL',
      `${folder} has a class "${strange}" that there are no images to train on of`,
      {
        data: { dataset, folder, class: strange },
        hint: 'take its folder away, or give images to train on',
      },
    );
  return filesOfClasses(dataset, tree, classes, folders);
}

async function annotated(
  tree: Tree,
  folder: string,
  list: string,
  all: readonly string[],
  classes: readonly string[],
): Promise<LabelledFile[]> {
  const below = (await subfolders(tree, folder)).get('images');
  const listed = listedFiles(tree, below ?? folder);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const known = new Set(all);
  const files: LabelledFile[] = [];
  for (const { line, fields } of parseLines(await readRows(tree.platform, list), '\t')) {
    const [name = '', of] = fields;
    if (of === undefined) throw badRow(list, line, 'no class behind the name of the image');
    if (!known.has(of)) throw badRow(list, line, `"${of}" is no class there are images to train on of`);
    const label = labels.get(of);
    if (label !== undefined) files.push({ path: await listed.find(name, list, line), label });
  }
  return files;
}
