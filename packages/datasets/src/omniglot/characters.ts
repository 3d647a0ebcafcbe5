// Omniglot's folders: sets of alphabets of characters.

import { NeusimError } from '@neusim/registry';
import { chooseClasses } from '../files/choose';
import { findImages, openTree, subfolders, type Tree } from '../files/tree';
import { findFolder } from '../folder';
import { emptyClass } from '../store/errors';
import type { DatasetPlatform, OpenOptions } from '../types';

export const NAME = 'omniglot';
export const SETS = {
  background: ['images_background'],
  evaluation: ['images_evaluation'],
  both: ['images_background', 'images_evaluation'],
} as const;
export type SetName = keyof typeof SETS;
export const below = ['omniglot', 'omniglot-py'];

/** A character with its drawings. */
export interface Character {
  /** `Greek/character01` */
  readonly name: string;
  readonly alphabet: string;
  /** The folder of its set. */
  readonly set: string;
  /** Real paths. */
  readonly images: readonly string[];
}

interface Look {
  /** Those to keep. */
  readonly alphabets?: readonly string[] | undefined;
  readonly maxPixels: number;
}

/**
 * All characters of a set, by alphabets.
 * @throws NeusimError `DATASET_NO_FOLDER`, `DATASET_NOT_FOUND`, `DATASET_UNKNOWN_CLASS`, `DATASET_EMPTY_CLASS`,
 *   `DATASET_UNSAFE_PATH`
 */
export async function findCharacters(
  platform: DatasetPlatform,
  folder: string | undefined,
  set: SetName,
  given: Look,
  open: OpenOptions | undefined,
): Promise<{ readonly tree: Tree; readonly characters: readonly Character[] }> {
  const at = await findFolder(platform, NAME, folder, below, SETS[set]);
  const tree = await openTree(platform, at, given.maxPixels, open);
  const characters: Character[] = [];
  for (const [alphabet, found] of await findAlphabets(tree, set, given)) {
    const folders = await subfolders(tree, found.folder);
    if (folders.size === 0) throw emptyClass(NAME, alphabet, 'train', found.folder);
    for (const [character, at] of folders) {
      const name = `${alphabet}/${character}`;
      const { images } = await findImages(tree, at);
      if (images.length === 0) throw emptyClass(NAME, name, 'train', at);
      characters.push({ name, alphabet, set: found.set, images });
    }
    tree.options.onProgress?.({ phase: 'listing', done: characters.length, total: 0 });
  }
  return { tree, characters };
}

/** Folders of the alphabets, sorted by name within each set. */
async function findAlphabets(
  tree: Tree,
  set: SetName,
  given: Look,
): Promise<[string, { folder: string; set: string }][]> {
  const top = await subfolders(tree, tree.root);
  const found = new Map<string, { folder: string; set: string }>();
  for (const name of SETS[set]) {
    const folder = top.get(name);
    if (folder === undefined)
      throw new NeusimError('DATASET_NOT_FOUND', `${tree.root} has no folder ${name}`, {
        data: { dataset: NAME, looked: [tree.platform.joinPath(tree.root, name)] },
        hint: `unpack ${name}.zip there, or set "set" to another`,
      });
    for (const [alphabet, at] of await subfolders(tree, folder))
      found.set(alphabet, { folder: at, set: name });
  }
  const names = chooseClasses(NAME, [...found.keys()], given.alphabets);
  return names.map((name) => [name, found.get(name)!]);
}
