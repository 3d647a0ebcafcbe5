// Words for WordNet ids (n01440764): one synset a line, as ImageNet's lists have it.

import type { DatasetPlatform } from '../types';
import { readRows } from './rows';

/** Tiny ImageNet's list, Kaggle's, Caffe's; they are looked for in this order. */
const LISTS = ['words.txt', 'LOC_synset_mapping.txt', 'synset_words.txt'];

/** Id, then white space, then the words: `n01440764 tench, Tinca tinca`. */
const LINE = /^(n\d{8})\s+(.+)$/;

/**
 * A name for each id: the first of its words, or the id where no list in the folders has it, and all of its words where
 * another has the same first.
 */
export async function synsetNames(
  platform: DatasetPlatform,
  folders: readonly string[],
  ids: readonly string[],
): Promise<string[]> {
  const words = await readWords(platform, folders, new Set(ids));
  const firstOf = (id: string) => words.get(id)?.split(',')[0]?.trim();
  const times = new Map<string | undefined, number>();
  for (const id of ids) times.set(firstOf(id), (times.get(firstOf(id)) ?? 0) + 1);
  return ids.map((id) => {
    const first = firstOf(id);
    if (first === undefined || first === '') return id;
    return times.get(first) === 1 ? first : `${words.get(id)} (${id})`;
  });
}

async function readWords(
  platform: DatasetPlatform,
  folders: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const paths = folders.flatMap((folder) => LISTS.map((name) => platform.joinPath(folder, name)));
  for (const path of paths) {
    if (!(await platform.exists(path))) continue;
    const words = new Map<string, string>();
    for (const line of (await readRows(platform, path)).split(/\r?\n/)) {
      const [, id, text] = LINE.exec(line.trim()) ?? [];
      if (id !== undefined && text !== undefined && wanted.has(id)) words.set(id, text);
    }
    return words;
  }
  return new Map();
}
