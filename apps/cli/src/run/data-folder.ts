// Where data sets lie: the folder that is named, and a set's own in it.

import type { Publication } from '@neusim/datasets/pull';
import { exists, joinPath } from '@neusim/platform';
import { presets } from '@neusim/train';
import { shellCommand } from '../terminal/shell-command';
import type { Terminal } from '../terminal/terminal';

/** `--data`, else NEUSIM_DATA, else `data` in the working folder. */
export function dataFolder({ env }: Pick<Terminal, 'env'>, given: string | undefined): string {
  return given ?? (env.NEUSIM_DATA || 'data');
}

/** The folder of a published set: in the folder of all sets by its name (or its archive's), or that folder itself. */
export async function folderOf(
  { name, files, sources }: Publication,
  data: string,
): Promise<string | undefined> {
  const roots = sources.flatMap((source) => ('root' in source && source.root ? [source.root] : []));
  for (const below of [name, ...roots]) {
    const folder = joinPath(data, below);
    if (await exists(folder)) return folder;
  }
  for (let file = files[0]; file; file = file.or) if (await exists(joinPath(data, file.path))) return data;
  return undefined;
}

/** A command that trains on a set: a preset that is made for it, or for images of its size. */
export function trainCommand({ dataset, shape }: Publication, folder: string): string {
  const isSmall = shape !== undefined && shape[2] === 1 && shape[0] <= 28;
  const preset = isSmall ? 'nsn-digits' : 'nsn-cifar';
  const isOwn = presets.some(({ name, config }) => name === preset && config.dataset === dataset.name);
  const words = ['npx', 'neusim', 'train', preset];
  if (!isOwn) words.push('--dataset', dataset.name);
  words.push('--data', folder);
  for (const [key, value] of Object.entries(dataset.options ?? {}))
    words.push('--set', `dataset.${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return shellCommand(words);
}
