// The packings of Parquet's pages, each with its result bounded by the size the page tells, which is checked before.

import { badParquet } from './errors';

type Unpack = (packed: Uint8Array, size: number) => Uint8Array;

/** How many bytes one packed byte can become, where the packing has a bound worth holding a page to. */
const HARDEST: Readonly<Record<string, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 64,
  GZIP: 1032,
  LZ4: 255,
  LZ4_RAW: 255,
};
/** What packings add to nothing at all. */
const SLACK = 64;

/** Loads what unpacks `codec`; it throws what the library throws. @throws NeusimError `DATASET_BAD_PARQUET` */
export async function unpackerOf(file: string, codec: string): Promise<Unpack> {
  if (codec === 'UNCOMPRESSED') return (packed) => packed;
  if (codec === 'GZIP') {
    const { gunzipSync } = await import('fflate');
    return (packed, size) => gunzipSync(packed, { out: new Uint8Array(size) });
  }
  if (codec === 'ZSTD') {
    const { decompress } = await import('fzstd');
    return (packed, size) => decompress(packed, new Uint8Array(size));
  }
  if (codec === 'SNAPPY' || codec === 'LZ4' || codec === 'LZ4_RAW') {
    const { compressors } = await import('hyparquet-compressors');
    return compressors[codec] as Unpack;
  }
  throw badParquet(file, 0, `packed by ${codec}; read are ${Object.keys(HARDEST).join(', ')} and ZSTD`, {
    codec,
  });
}

/** Whether `packed` bytes can become `size`. */
export function canUnpackTo(codec: string, packed: number, size: number): boolean {
  return size <= (HARDEST[codec] ?? Number.POSITIVE_INFINITY) * packed + SLACK;
}
