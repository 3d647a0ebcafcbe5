// Faults in a pickle, told with the file's name and the byte where they lie.

import { badFile } from '../errors';

/** @param what was met. */
export function badPickle(file: string, offset: number, what: string, data: Record<string, unknown> = {}) {
  return badFile('DATASET_BAD_PICKLE', file, offset, what, { what, ...data });
}

/** @param name of the global, as Python writes it: `os.system`. */
export function unsafePickle(file: string, offset: number, name: string) {
  const shown = name.slice(0, 200);
  return badFile(
    'DATASET_UNSAFE_PICKLE',
    file,
    offset,
    `it names ${JSON.stringify(shown)}; read are numpy's arrays, dtypes and scalars, and Python's own values`,
    { global: shown },
    'nothing of a pickle is run: save plain dicts, lists and arrays of numbers, or take another copy',
  );
}

export function shortPickle(file: string, size: number, offset: number, wanted: number) {
  return badFile(
    'DATASET_SHORT_FILE',
    file,
    offset,
    `${wanted} bytes are wanted here; the file ends at byte ${size}`,
    { bytes: size, wanted },
  );
}
