// Any archive that is read, told apart by how it begins.

import { extractTar } from './tar';
import type { ArchivePlatform, Extracted, ExtractOptions } from './types';
import { extractZip } from './zip';

/** "PK": an entry, or the end of an empty archive. */
const ZIP = [0x50, 0x4b];

/** `extractZip` or `extractTar`, whichever the file is. Errors as theirs. */
export async function extractArchive(
  platform: ArchivePlatform,
  path: string,
  options: ExtractOptions,
): Promise<Extracted> {
  const file = await platform.openFile(path);
  const start = await file.read(0, Math.min(ZIP.length, file.size)).finally(() => file.close());
  const isZip = start.length === ZIP.length && ZIP.every((byte, index) => start[index] === byte);
  return isZip ? extractZip(platform, path, options) : extractTar(platform, path, options);
}
