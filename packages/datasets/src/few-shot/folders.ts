// Few-shot data sets of image files: in folders of their classes, the parts apart, or named by one list a part.

import type { NamedPool } from '../episodes/pool';
import { filesOfClasses } from '../files/class-folders';
import { readCsvList } from '../files/csv-list';
import { isFolder, listedFiles } from '../files/listed-files';
import { badRow, readRows } from '../files/rows';
import { encodedFiles, type LabelledFile, openTree, subfolders, type Tree } from '../files/tree';
import { lateEncodedPool } from '../store/late-pool';
import { openEncodedPool } from '../store/open-pool';
import type { DatasetPlatform } from '../types';
import {
  findFile,
  type Layout,
  missingPart,
  namesOfPart,
  PART_NAMES,
  type Part,
  type PartOptions,
  type Reading,
  requireFile,
} from './layout';

/** The group of a class, by its name. */
export type GroupOf = (name: string) => string | undefined;

/** `train/CLASS`, `val/CLASS`, `test/CLASS`. */
export function partFolders(groupOf?: GroupOf): Layout {
  return {
    holds: 'train/ with a folder of images for each class, val/ and test/ with others',
    tells: 'nothing',
    isIn: async (platform, folder) => {
      for (const part of ['train', 'test'])
        if (!(await isFolder(platform, platform.joinPath(folder, part)))) return false;
      return true;
    },
    open: async (reading) => {
      const tree = await treeOf(reading);
      const top = await subfolders(tree, tree.root);
      return {
        async pool(part, how) {
          const name = PART_NAMES[part].find((each) => top.has(each));
          if (name === undefined)
            throw missingPart(
              reading.name,
              part,
              tree.root,
              PART_NAMES[part].map((each) => `${each}/`),
            );
          const folders = await subfolders(tree, top.get(name)!);
          const classes = [...folders.keys()];
          if (classes.length === 0)
            throw missingPart(reading.name, part, top.get(name)!, ['a folder for each class']);
          const files = await filesOfClasses(reading.name, tree, classes, folders);
          return decoded(reading, tree, { classes, files }, how, groupOf);
        },
      };
    },
  };
}

/** `data/CLASS`, and a list of classes a part (Bertinetto et al.'s copy of CIFAR-FS). @param lists their folder. */
export function classLists(lists: readonly string[], groupOf?: GroupOf): Layout {
  const list = (platform: DatasetPlatform, folder: string) => platform.joinPath(folder, ...lists);
  const names = (part: Part) => namesOfPart(['{part}.txt'], part);
  return {
    holds: `${lists.join('/')}/train.txt`,
    tells: 'set',
    isIn: async (platform, folder) =>
      (await findFile(platform, list(platform, folder), names('train'))) !== undefined &&
      isFolder(platform, platform.joinPath(folder, 'data')),
    open: async (reading) => {
      const { platform, name } = reading;
      const tree = await treeOf(reading);
      const all = await subfolders(tree, platform.joinPath(tree.root, 'data'));
      return {
        async pool(part, how) {
          const folder = list(platform, tree.root);
          const path = await requireFile({ name, platform, folder }, part, names(part));
          const lines = (await readRows(platform, path)).split(/\r?\n/).map((line) => line.trim());
          for (const [index, line] of lines.entries())
            if (line !== '' && !all.has(line))
              throw badRow(path, index + 1, `there is no folder data/${line}`);
          const classes = [...new Set(lines.filter((line) => line !== ''))].sort();
          if (classes.length === 0) throw badRow(path, 1, 'the list names no class');
          const files = await filesOfClasses(name, tree, classes, all);
          return decoded(reading, tree, { classes, files }, how, groupOf);
        },
      };
    },
  };
}

/** `train.csv`, `val.csv` and `test.csv` with `filename,label`, the images in `images/` or beside them (Ravi and Larochelle). */
export function csvLists(): Layout {
  const names = (part: Part) => namesOfPart(['{part}.csv'], part);
  return {
    holds: 'train.csv, val.csv, test.csv and images/',
    tells: 'maybe',
    isIn: async (platform, folder) => {
      for (const part of ['train', 'validation'] as const)
        if ((await findFile(platform, folder, names(part))) === undefined) return false;
      return true;
    },
    open: async (reading) => {
      const { platform, name } = reading;
      const tree = await treeOf(reading);
      const images = platform.joinPath(tree.root, 'images');
      const base = (await isFolder(platform, images)) ? await platform.realPath(images) : tree.root;
      const listed = listedFiles(tree, base);
      return {
        async pool(part, how) {
          const path = await requireFile({ name, platform, folder: tree.root }, part, names(part));
          const entries = await readCsvList(tree, path, listed, { file: 'filename', label: 'label' });
          const classes = [...new Set(entries.map((entry) => entry.class))].sort();
          const labels = new Map(classes.map((each, label) => [each, label]));
          const files = entries.map((entry) => ({ path: entry.path, label: labels.get(entry.class)! }));
          return decoded(reading, tree, { classes, files }, how, undefined);
        },
      };
    },
  };
}

const treeOf = ({ platform, folder, image, options }: Reading) =>
  openTree(platform, folder, image.maxPixels, options);

async function decoded(
  { name, version, platform, image, options }: Reading,
  tree: Tree,
  { classes, files }: { readonly classes: readonly string[]; readonly files: readonly LabelledFile[] },
  { memory, late }: PartOptions,
  groupOf: GroupOf | undefined,
): Promise<NamedPool> {
  const groups = classes.map((each) => groupOf?.(each));
  const pool = {
    name,
    version,
    classes,
    groups: groups.every((group) => group !== undefined) ? groups : undefined,
  };
  const images = () => encodedFiles(tree, files);
  const open = { ...options, memory };
  if (!late) return openEncodedPool(platform, { ...pool, images: await images() }, image, open);
  const listed = files.map(({ path, label }) => ({ name: path, label }));
  return lateEncodedPool(platform, { ...pool, listed, images }, image, open, late);
}
