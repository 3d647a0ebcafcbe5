// A fault in a file, told with the file's name and the byte where it lies.

import { NeusimError } from '@neusim/registry';

/** `code` one of `DATASET_BAD_MAGIC`, `DATASET_SHORT_FILE` …; `offset` in bytes from the start of `file`. */
export function badFile(
  code: string,
  file: string,
  offset: number,
  message: string,
  data: Record<string, unknown>,
  hint = 'fetch the file again, and check that it is the one this data set wants',
) {
  return new NeusimError(code, `${file}, byte ${offset}: ${message}`, {
    data: { file, offset, ...data },
    hint,
  });
}

export function badLabel(file: string, offset: number, label: number, classes: number) {
  return badFile(
    'DATASET_BAD_LABEL',
    file,
    offset,
    `label ${label}; allowed: 0 to ${classes - 1}`,
    { label, classes },
    'the file is damaged, or holds other classes than the ones named',
  );
}
