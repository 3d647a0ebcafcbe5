// One column of a row group, flat (no lists): its pages, one after the other. What a page tells of itself is held
// against its column before memory is taken. hyparquet reads the headers; its own decoding trusts them, so the values
// are decoded here.

import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { checkThrift } from './check-thrift';
import { badParquet } from './errors';
import { readRuns } from './runs';
import { canUnpackTo, unpackerOf } from './unpack';

/** One value; null where the row has none. Bytes are views. */
export type Value = Uint8Array | number | null;

export interface LeafChunk {
  readonly file: string;
  /** The column's bytes, and where they lie in the file. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly meta: ColumnMetaData;
  /** How many of its fields may be missing: the level of a value that is there. */
  readonly levels: number;
  readonly rows: number;
  /** Of all pages, unpacked. */
  readonly maxBytes: number;
}

const DICTIONARY = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];
/** Places of a dictionary that holds as many values as a row group may have rows. */
const WIDEST = 24;

/** @throws NeusimError `DATASET_BAD_PARQUET` */
export async function readLeaf(leaf: LeafChunk): Promise<Value[]> {
  const { file, bytes, offset, meta, rows } = leaf;
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const unpack = await unpackerOf(file, meta.codec);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Value[] = [];
  let dictionary: Value[] = [];
  let left = leaf.maxBytes;
  for (let at = 0; values.length < rows; ) {
    const refuse = (what: string) => badParquet(file, offset + at, what);
    if (at >= bytes.length) throw refuse(`${values.length} values of ${rows}`);
    const start = checkThrift(file, bytes, at, offset);
    const header = parquetHeader({ view, offset: at });
    const [packedSize, size] = [header.compressed_page_size, header.uncompressed_page_size];
    if (!(packedSize >= 0 && packedSize <= bytes.length - start))
      throw refuse(`a page of ${packedSize} bytes`);
    const packed = bytes.subarray(start, start + packedSize);
    left -= size;
    if (!(size >= 0 && left >= 0 && canUnpackTo(meta.codec, packedSize, size)))
      throw refuse(`a page of ${packedSize} bytes that should unpack to ${size}`);
    const whole = (part: Uint8Array, to: number) => {
      try {
        const unpacked = unpack(part, to);
        if (unpacked.length === to) return unpacked;
      } catch (cause) {
        throw badParquet(file, offset + at, `a page that does not unpack (${(cause as Error).message})`);
      }
      throw refuse('a page that does not unpack to its size');
    };
    const read = (part: Part) => valuesOf(leaf, part, dictionary, refuse);
    if (header.dictionary_page_header) {
      const { num_values: count } = header.dictionary_page_header;
      dictionary = plain(meta.type, whole(packed, size), count, refuse);
    } else if (header.data_page_header || header.data_page_header_v2) {
      for (const value of read(partOf(leaf, header, packed, whole, refuse))) values.push(value);
    }
    if (values.length > rows) throw refuse(`more values than the ${rows} rows`);
    at = start + packedSize;
  }
  return values;
}

/** A data page, its levels apart from its values. */
interface Part {
  readonly count: number;
  readonly encoding: string;
  readonly levels: Uint8Array;
  readonly data: Uint8Array;
}

type Refuse = (what: string) => Error;

function partOf(
  { levels, rows }: LeafChunk,
  header: PageHeader,
  packed: Uint8Array,
  whole: (part: Uint8Array, size: number) => Uint8Array,
  refuse: Refuse,
): Part {
  const v1 = header.data_page_header;
  const v2 = header.data_page_header_v2;
  const { num_values: count, encoding } = (v1 ?? v2)!;
  if (!(count >= 0 && count <= rows)) throw refuse(`a page of ${count} values in a group of ${rows} rows`);
  const size = header.uncompressed_page_size;
  if (v1) {
    const page = whole(packed, size);
    if (levels === 0) return { count, encoding, levels: page.subarray(0, 0), data: page };
    if (page.length < 4) throw refuse('a page without its levels');
    const end = 4 + new DataView(page.buffer, page.byteOffset).getUint32(0, true);
    if (end > page.length) throw refuse('a page without its levels');
    return { count, encoding, levels: page.subarray(4, end), data: page.subarray(end) };
  }
  const { repetition_levels_byte_length: repeated, definition_levels_byte_length: end, is_compressed } = v2!;
  if (repeated !== 0 || !(end >= 0 && end <= Math.min(packed.length, size)))
    throw refuse(`a page with ${repeated} and ${end} bytes of levels`);
  const rest = packed.subarray(end);
  const data = is_compressed === false ? rest : whole(rest, size - end);
  return { count, encoding, levels: packed.subarray(0, end), data };
}

function valuesOf({ meta, levels }: LeafChunk, part: Part, dictionary: Value[], refuse: Refuse): Value[] {
  const { count, encoding, data } = part;
  const width = 32 - Math.clz32(levels);
  const level = levels > 0 ? readRuns(part.levels, width, count) : new Uint32Array(count);
  if (!level) throw refuse('levels that are cut short');
  const there = level.reduce((sum, each) => sum + (each === levels ? 1 : 0), 0);
  const found = DICTIONARY.includes(encoding)
    ? looked(data, there, dictionary, refuse)
    : encoding === 'PLAIN'
      ? plain(meta.type, data, there, refuse)
      : undefined;
  if (!found) throw refuse(`values written as ${encoding}; read are PLAIN and ${DICTIONARY.join(', ')}`);
  let next = 0;
  return Array.from(level, (each) => (each === levels ? found[next++]! : null));
}

function looked(data: Uint8Array, count: number, dictionary: Value[], refuse: Refuse): Value[] {
  if (count === 0) return [];
  const width = data[0] ?? WIDEST + 1;
  const places = width <= WIDEST ? readRuns(data.subarray(1), width, count) : undefined;
  if (!places) throw refuse('places in a dictionary that are cut short');
  return Array.from(places, (place) => {
    const value = dictionary[place];
    if (value === undefined) throw refuse(`place ${place} of a dictionary of ${dictionary.length} values`);
    return value;
  });
}

function plain(type: string, data: Uint8Array, count: number, refuse: Refuse): Value[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const each = type === 'INT32' || type === 'BYTE_ARRAY' ? 4 : type === 'INT64' ? 8 : 0;
  if (each === 0) throw refuse(`values of type ${type}; read are INT32, INT64 and BYTE_ARRAY`);
  if (!(count >= 0 && count * each <= data.length)) throw refuse(`${count} values in ${data.length} bytes`);
  if (type === 'INT32') return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  if (type === 'INT64') return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  let at = 0;
  return Array.from({ length: count }, () => {
    const start = at + 4;
    const end = start <= data.length ? start + view.getUint32(at, true) : start;
    if (end > data.length) throw refuse('a value that goes on behind its page');
    at = end;
    return data.subarray(start, end);
  });
}
