// A fault in a Parquet file, told with the file's name and the byte where it lies, as every data set tells it.

import { badFile } from '../errors';

/** @param what was met. */
export function badParquet(file: string, offset: number, what: string, data: Record<string, unknown> = {}) {
  return badFile('DATASET_BAD_PARQUET', file, offset, what, { what, ...data });
}
