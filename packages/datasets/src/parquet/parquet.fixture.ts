// Parquet files as Hugging Face writes them, made in code.

import { encode } from 'fast-png';
import { gzipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';

type Codec = 'SNAPPY' | 'UNCOMPRESSED' | 'GZIP';

export interface ParquetParts {
  readonly codec?: Codec;
  readonly rowGroupSize?: number;
  /** Names of the classes, in the text of `datasets`. */
  readonly names?: readonly string[];
  readonly column?: string;
}

/** A PNG of 2×2 pixels of one grey. */
export const greyPng = (grey: number) =>
  encode({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(grey) });

/** @param rows the image's bytes, or null; its label, a number or a name. */
export function makeParquet(
  rows: readonly (readonly [image: Uint8Array | null, label: number | string | null])[],
  { codec = 'SNAPPY', rowGroupSize = 2, names, column = 'label' }: ParquetParts = {},
): Uint8Array {
  const isText = rows.some(([, label]) => typeof label === 'string');
  const feature = { _type: 'ClassLabel', names };
  const about = { info: { features: { image: { _type: 'Image' }, [column]: feature } } };
  const written = parquetWriteBuffer({
    codec,
    compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) },
    rowGroupSize,
    columnData: [
      { name: 'image', data: rows.map(([bytes]) => ({ bytes, path: null })) },
      {
        name: column,
        data: rows.map(([, label]) => (typeof label === 'number' ? BigInt(label) : label)),
        encoding: 'PLAIN',
      },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      isText
        ? { name: column, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }
        : { name: column, type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    ...(names && { kvMetadata: [{ key: 'huggingface', value: JSON.stringify(about) }] }),
  });
  return new Uint8Array(written);
}
