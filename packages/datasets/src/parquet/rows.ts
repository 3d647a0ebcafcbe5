// The rows of Parquet files as encoded images: labels are read at once, images when they are wanted, a row group at a
// time; the groups read last are held.

import type { EncodedImage } from '../store/encoded';
import type { DatasetPlatform } from '../types';
import { type Columns, findColumns } from './columns';
import { badParquet } from './errors';
import { openParquet, type ParquetFile, readColumn } from './file';
import type { Value } from './leaf';

/** Images are wanted in the order of the files, a few ahead. */
const HELD_GROUPS = 2;

/** A row's label: a number, or the name of a class. */
export type RowLabel = number | string;

/** An image whose label is still as the file has it. */
export interface Row extends Omit<EncodedImage, 'label'> {
  readonly label: RowLabel;
}

/** @param platform reads. */
export function rowReader(platform: DatasetPlatform) {
  const held = new Map<string, Promise<Value[]>>();
  const groupOf = (file: ParquetFile, index: number, columns: Columns) => {
    const key = `${file.path}#${index}`;
    const group = held.get(key) ?? readColumn(platform, file, index, columns.image);
    held.delete(key);
    held.set(key, group);
    for (const oldest of held.keys()) if (held.size > HELD_GROUPS) held.delete(oldest);
    return group;
  };

  /**
   * @param names of the columns.
   * @throws NeusimError `DATASET_BAD_PARQUET`, `DATASET_NO_COLUMN`; what reading files throws; the signal's reason
   */
  return async (
    path: string,
    names: { readonly image?: string | undefined; readonly label?: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<{ rows: Row[]; classes: readonly string[] | undefined }> => {
    const { size, modified } = await platform.stat(path);
    const file = await openParquet(platform, path);
    const columns = findColumns(file, names);
    const rows: Row[] = [];
    for (const index of file.groups.keys()) {
      signal?.throwIfAborted();
      const first = rows.length;
      for (const [at, value] of (await readColumn(platform, file, index, columns.label)).entries()) {
        const row = first + at;
        rows.push({
          label: labelOf(file, row, value),
          name: `${path}, row ${row}`,
          version: `${size} ${modified} ${row} ${columns.image.path.join('.')}`,
          read: async () => {
            const bytes = (await groupOf(file, index, columns))[at];
            if (bytes instanceof Uint8Array) return bytes;
            throw badParquet(path, file.size, `row ${row} has no image in it`, { row });
          },
        });
      }
    }
    return { rows, classes: columns.classes };
  };
}

function labelOf(file: ParquetFile, row: number, value: Value): RowLabel {
  if (typeof value === 'number') return value;
  if (value) return new TextDecoder().decode(value);
  throw badParquet(file.path, file.size, `row ${row} has no label`, { row });
}
