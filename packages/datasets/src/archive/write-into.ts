// Files of an archive become files below a folder.

import type { ArchiveEntry, ArchivePlatform } from './types';

/** An `onEntry` that writes; see `ExtractOptions.into`. */
export function writeInto(platform: ArchivePlatform, into: string): (entry: ArchiveEntry) => Promise<void> {
  const made = new Set<string>();
  return async (entry) => {
    const parts = entry.name.split('/');
    const folder = platform.joinPath(into, ...parts.slice(0, -1));
    if (!made.has(folder)) await platform.makeFolder(folder);
    made.add(folder);
    const path = platform.joinPath(into, ...parts);
    await platform.removeFile(path);
    try {
      // Without a flush for each file: an archive may hold a hundred thousand small ones.
      if (entry.size === 0) await platform.appendFile(path, new Uint8Array(0));
      for await (const chunk of entry.chunks()) await platform.appendFile(path, chunk);
    } catch (error) {
      await platform.removeFile(path).catch(() => {});
      throw error;
    }
  };
}
