// Images that a CSV names with their classes.

import type { ListedFiles } from './listed-files';
import { badRow, parseCsv, readRows } from './rows';
import type { Tree } from './tree';

/** An image that a list names. */
export interface CsvEntry {
  /** Real path. */
  readonly path: string;
  readonly class: string;
  readonly list: string;
  readonly line: number;
}

/**
 * @param columns names in the header, of the files and of their classes.
 * @throws NeusimError `DATASET_BAD_ROW`, `DATASET_UNSAFE_PATH`, `PLATFORM_FILE_MISSING`; the signal's reason
 */
export async function readCsvList(
  tree: Tree,
  file: string,
  files: ListedFiles,
  columns: { readonly file: string; readonly label: string },
): Promise<CsvEntry[]> {
  const [header, ...rows] = parseCsv(file, await readRows(tree.platform, file));
  const column = (name: string) => {
    const at = header?.fields.findIndex((field) => field.trim() === name) ?? -1;
    if (at >= 0) return at;
    const met = header?.fields.join(', ') ?? '';
    throw badRow(
      file,
      header?.line ?? 1,
      `no column "${name}"; there is: ${met}`,
      'name the columns by "columns"',
    );
  };
  const [fileAt, labelAt] = [column(columns.file), column(columns.label)];
  const entries: CsvEntry[] = [];
  for (const { line, fields } of rows) {
    const of = fields[labelAt]?.trim() ?? '';
    if (of === '') throw badRow(file, line, 'the class is empty');
    entries.push({ path: await files.find(fields[fileAt] ?? '', file, line), class: of, list: file, line });
    if (entries.length % 1024 === 0) {
      tree.options.signal?.throwIfAborted();
      tree.options.onProgress?.({ phase: 'listing', done: entries.length, total: rows.length });
    }
  }
  if (entries.length === 0) throw badRow(file, 1, 'no rows below the header');
  return entries;
}
