// Image files that a list names: each folder is looked at once, and no name leads out of the data set's folder.

import type { DatasetPlatform } from '../types';
import { badRow } from './rows';
import { follow, type Tree } from './tree';

/** Finds the file of a name in a list. */
export interface ListedFiles {
  /**
   * @param list, line where the name stands.
   * @returns the real path.
   * @throws NeusimError `DATASET_BAD_ROW`, `DATASET_UNSAFE_PATH`
   */
  find(name: string, list: string, line: number): Promise<string>;
}

interface Folder {
  readonly path: string;
  readonly entries: ReadonlyMap<string, boolean>;
}

/** @param base real path of the folder that names begin in. */
export function listedFiles(tree: Tree, base: string): ListedFiles {
  const folders = new Map<string, Promise<Folder | undefined>>();
  return {
    async find(name, list, line) {
      const parts = name.split(/[\\/]/);
      const leaves = parts.some((part) => part === '..' || part === '') || /^[a-z]:|\0/i.test(name);
      if (leaves || name.trim() === '')
        throw badRow(list, line, `"${name}" names no file in ${base}`, 'give paths below that folder');
      const kept = parts.filter((part) => part !== '.');
      const file = kept.pop() ?? '';
      const where = kept.join('/');
      const looked = folders.get(where) ?? look(tree, base, kept);
      folders.set(where, looked);
      const folder = await looked;
      const isLink = folder?.entries.get(file);
      if (!folder || isLink === undefined)
        throw badRow(list, line, `there is no file ${name} in ${base}`, 'fetch the images again');
      const path = tree.platform.joinPath(folder.path, file);
      return isLink ? follow(tree, path) : path;
    },
  };
}

/** Files of a folder, each with whether it is a link. */
async function look(tree: Tree, base: string, parts: readonly string[]): Promise<Folder | undefined> {
  const { platform } = tree;
  const path = platform.joinPath(base, ...parts);
  if (!(await isFolder(platform, path))) return undefined;
  const real = await follow(tree, path);
  const files = (await platform.listEntries(real)).filter((entry) => !entry.isFolder);
  return { path: real, entries: new Map(files.map(({ name, isLink }) => [name, isLink])) };
}

export async function isFolder(platform: DatasetPlatform, path: string): Promise<boolean> {
  return (
    (await platform.exists(path)) && (await platform.stat(path).catch(() => undefined))?.isFolder === true
  );
}
