// A Parquet file: what it tells of itself at its end, and its columns, read a row group at a time.

import type { ColumnMetaData, FileMetaData, RowGroup } from 'hyparquet';
import type { DatasetPlatform } from '../types';
import { checkThrift } from './check-thrift';
import { badParquet } from './errors';
import { readLeaf, type Value } from './leaf';

const MAGIC = 0x31524150;
const TAIL = 8;
/** A million rows in groups of a hundred take 3 MiB. */
const LARGEST_FOOTER = 16 * 2 ** 20;
/** Of one column in one row group, packed or not; Hugging Face writes groups of a hundred images. */
const LARGEST_CHUNK = 512 * 2 ** 20;
const MOST_COLUMNS = 1000;
const MOST_GROUP_ROWS = 2 ** 20;
/** An image takes more than this, so a file has no more rows: what is kept of each row is bounded by it. */
const LEAST_BYTES_PER_ROW = 8;

/** A column without lists, by the names that lead to it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly type: string;
  readonly levels: number;
}

export interface ParquetFile {
  readonly path: string;
  readonly size: number;
  readonly groups: readonly { readonly rows: number; readonly group: RowGroup }[];
  readonly rows: number;
  readonly leaves: readonly Leaf[];
  /** The text under a key of its metadata. */
  text(key: string): string | undefined;
}

/** @throws NeusimError `DATASET_BAD_PARQUET`, `PLATFORM_FILE_MISSING`, `PLATFORM_READ_FAILED` */
export async function openParquet(platform: DatasetPlatform, path: string): Promise<ParquetFile> {
  const file = await platform.openFile(path);
  try {
    const { size } = file;
    const refuse = (what: string) => badParquet(path, size, what, { bytes: size });
    if (size < TAIL + 4) throw refuse('too short for a Parquet file');
    const tail = await file.read(size - TAIL, TAIL);
    const view = new DataView(tail.buffer, tail.byteOffset, TAIL);
    if (view.getUint32(4, true) !== MAGIC)
      throw refuse('it does not end as a Parquet file does: cut short, or another');
    const length = view.getUint32(0, true);
    if (length > Math.min(LARGEST_FOOTER, size - TAIL - 4))
      throw refuse(`it tells of itself in ${length} bytes`);
    const footer = await file.read(size - TAIL - length, length + TAIL);
    checkThrift(path, footer.subarray(0, length), 0, size - TAIL - length);
    return await describe(path, size, footer);
  } finally {
    await file.close();
  }
}

async function describe(path: string, size: number, footer: Uint8Array<ArrayBuffer>): Promise<ParquetFile> {
  const { parquetMetadata } = await import('hyparquet');
  const refuse = (what: string) => badParquet(path, size - footer.length, what);
  let metadata: FileMetaData;
  try {
    metadata = parquetMetadata(footer, { geoparquet: false });
  } catch (cause) {
    throw refuse(`what it tells of itself does not parse (${(cause as Error).message})`);
  }
  const { schema, row_groups, key_value_metadata = [] } = metadata;
  if (schema.length > MOST_COLUMNS) throw refuse(`${schema.length} columns; ${MOST_COLUMNS} are allowed`);
  const groups = row_groups.map((group) => ({ rows: Number(group.num_rows), group }));
  const bad = groups.find(({ rows }) => !(rows >= 0 && rows <= MOST_GROUP_ROWS));
  if (bad) throw refuse(`a group of ${bad.rows} rows; ${MOST_GROUP_ROWS} are allowed`);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows * LEAST_BYTES_PER_ROW > size) throw refuse(`${rows} rows in ${size} bytes`);
  const text = (key: string) => key_value_metadata.find((pair) => pair.key === key)?.value;
  return { path, size, groups, rows, leaves: leavesOf(schema), text };
}

/** The schema is a tree, written node by node; lists and what is in them are left out. */
function leavesOf(schema: FileMetaData['schema']): Leaf[] {
  const leaves: Leaf[] = [];
  /** Nodes that still have children to come. */
  const open: { name: string; left: number; levels: number; flat: boolean }[] = [];
  for (const [index, { name, type, num_children: children = 0, repetition_type }] of schema.entries()) {
    const parent = open.at(-1);
    if (index > 0 && !parent) break;
    if (parent) parent.left--;
    const levels = (parent?.levels ?? 0) + (index > 0 && repetition_type === 'OPTIONAL' ? 1 : 0);
    const flat = (parent?.flat ?? true) && (index === 0 || repetition_type !== 'REPEATED');
    if (children > 0) open.push({ name, left: children, levels, flat });
    else if (flat && type)
      leaves.push({ path: [...open.slice(1).map((node) => node.name), name], type, levels });
    while (open.at(-1)?.left === 0) open.pop();
  }
  return leaves;
}

/**
 * The values of one column in one row group.
 * @throws NeusimError `DATASET_BAD_PARQUET`, `PLATFORM_READ_FAILED`
 */
export async function readColumn(
  platform: DatasetPlatform,
  { path, size, groups }: ParquetFile,
  index: number,
  leaf: Leaf,
): Promise<Value[]> {
  const { rows, group } = groups[index]!;
  const meta = group.columns.find(({ meta_data }) =>
    samePath(meta_data?.path_in_schema, leaf.path),
  )?.meta_data;
  if (!meta) throw badParquet(path, size, `row group ${index} has no column ${leaf.path.join('.')}`);
  const offset = startOf(meta);
  const length = Number(meta.total_compressed_size);
  if (!(offset >= 4 && length >= 0 && offset + length <= size - TAIL && length <= LARGEST_CHUNK))
    throw badParquet(
      path,
      size,
      `row group ${index}: ${length} bytes of ${leaf.path.join('.')} at byte ${offset}`,
    );
  const file = await platform.openFile(path);
  try {
    const bytes = await file.read(offset, length);
    return await readLeaf({
      file: path,
      bytes,
      offset,
      meta,
      levels: leaf.levels,
      rows,
      maxBytes: LARGEST_CHUNK,
    });
  } finally {
    await file.close();
  }
}

/** A dictionary comes before the pages, where there is one. */
function startOf({ data_page_offset, dictionary_page_offset }: ColumnMetaData): number {
  const [data, dictionary] = [Number(data_page_offset), Number(dictionary_page_offset ?? 0)];
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

const samePath = (path: readonly string[] | undefined, other: readonly string[]) =>
  path?.length === other.length && path.every((name, index) => name === other[index]);
