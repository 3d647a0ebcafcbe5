// The data set `digits` for a page: the command line's, read from the gzipped files that are served beside the page.
import { defineDigits } from '@neusim/datasets';
import * as platform from '@neusim/platform';
import { plugin } from '@neusim/registry';

export default plugin('@neusim/studio', '0.1.0', [defineDigits()]);

/** One of the ten files has at most 3 MB. */
const MAX_BYTES = 16 * 2 ** 20;

/** The files of `@neusim/platform`, of which `NAME` is kept as `NAME.gz`. */
export const packedFiles: typeof platform = {
  ...platform,
  // What is missing is told by reading it.
  exists: async () => true,
  async readText(path) {
    const bytes = await platform.readFile(`${path}.gz`, MAX_BYTES);
    // Some servers tell browsers to unpack a .gz, and some do not.
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return new TextDecoder().decode(isPacked ? await platform.gunzip(bytes, MAX_BYTES) : bytes);
  },
};
