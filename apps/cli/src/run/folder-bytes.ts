// How much a folder holds.

import { exists, joinPath, listEntries, stat } from '@neusim/platform';

const AT_ONCE = 64;

/** Bytes of all files below a folder, or of a file; 0 where nothing is there. Rejects with the signal's reason. */
export async function folderBytes(path: string, signal: AbortSignal): Promise<number> {
  if (!(await exists(path))) return 0;
  const { isFolder, size } = await stat(path);
  return isFolder ? below(path, signal) : size;
}

async function below(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const entries = await listEntries(folder);
  for (let first = 0; first < entries.length; first += AT_ONCE) {
    signal.throwIfAborted();
    const some = entries.slice(first, first + AT_ONCE).filter(({ isLink }) => !isLink);
    const sizes = some.map(({ name, isFolder }) => {
      const path = joinPath(folder, name);
      return isFolder ? below(path, signal) : stat(path).then(({ size }) => size);
    });
    for (const size of await Promise.all(sizes)) bytes += size;
  }
  return bytes;
}
