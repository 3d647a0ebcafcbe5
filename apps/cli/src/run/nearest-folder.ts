// Paths that lead nowhere, with the folder that may be meant.

import { exists, joinPath, listEntries } from '@neusim/platform';
import { NeusimError, suggest } from '@neusim/registry';

/** Names of the folders in a folder; none where it cannot be listed. */
export async function foldersIn(folder: string): Promise<string[]> {
  if (!(await exists(folder))) return [];
  const entries = await listEntries(folder).catch(() => []);
  return entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** The folder beside it whose name is nearest. */
export async function nearestFolder(path: string): Promise<string | undefined> {
  const [, above = '', name = ''] = /^(.*?)([^\\/]*)[\\/]*$/s.exec(path) ?? [];
  const nearest = suggest(name, await foldersIn(above || '.'));
  return nearest && (above ? joinPath(above, nearest) : nearest);
}

/**
 * `--data`, where a set is named besides: a folder, or an archive.
 * @throws NeusimError DATASET_NOT_FOUND
 */
export async function requirePath(path: string | undefined): Promise<void> {
  if (path !== undefined && !(await exists(path))) throw await noFolder(path);
}

/** The error for a path of data that leads nowhere. */
export async function noFolder(path: string): Promise<NeusimError> {
  const nearest = await nearestFolder(path);
  return new NeusimError('DATASET_NOT_FOUND', `there is no folder ${path}`, {
    data: { looked: [path], nearest },
    hint: nearest ? `did you mean "${nearest}"?` : 'check the path',
  });
}
