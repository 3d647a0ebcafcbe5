// Names of entries: what an archive calls a file is a stranger's word, and becomes a path only where it stays below
// the folder it is unpacked in, on every system.

import { unsafeEntry } from './errors';

/** Longer ones no file system takes. */
const LONGEST = 4096;

/**
 * An entry's name without a leading `./` and trailing `/`; '' for the archive's own root.
 * @throws NeusimError `ARCHIVE_UNSAFE_ENTRY`
 */
export function entryName(archive: string, name: string): string {
  const refuse = (what: string) => unsafeEntry(archive, name, what);
  if (name.length > LONGEST) throw refuse(`a name of ${name.length} characters; ${LONGEST} are allowed`);
  // Control characters, and what Windows takes for a drive, a stream or a separator.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\\:\u0000-\u001f]/.test(name))
    throw refuse('a name with a backslash, a colon or a control character');
  if (name.startsWith('/')) throw refuse('an absolute path');
  const parts = name
    .replace(/\/+$/, '')
    .split('/')
    .filter((part) => part !== '.');
  if (parts.includes('..')) throw refuse('a path that leaves its folder');
  if (parts.length > 1 && parts.includes('')) throw refuse('a path with an empty part');
  return parts.join('/');
}
