// One .npy array, read as a stream: its header first, then its values, a piece at a time. How large the file is was
// told by its folder or its archive; a header that tells of more is refused before memory is taken.

import { badFile } from '../errors';
import { type DtypeParser, type NpyHeader, parseNpyHeader } from './header';

/** Where an array lies: a file, or an entry of a .npz. */
export interface NpyPlace {
  /** For messages: the file, or the archive and the entry. */
  readonly path: string;
  readonly size: number;
  /** From its first byte on; as often as is wanted. */
  open(): AsyncIterable<Uint8Array>;
}

export interface NpyArray extends NpyHeader {
  readonly path: string;
  /** Whole values, in the order of the file. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/**
 * @param parse of its type; default: numbers alone.
 * @throws NeusimError what `parseNpyHeader` throws; `DATASET_SHORT_FILE`, `DATASET_LONG_FILE`
 */
export async function openNpy({ path, size, open }: NpyPlace, parse?: DtypeParser): Promise<NpyArray> {
  let start = new Uint8Array(0);
  let header: NpyHeader | undefined;
  for await (const piece of open()) {
    start = joined(start, piece);
    header = parseNpyHeader(path, start, parse);
    if (header) break;
  }
  const short = (wanted: number) =>
    badFile('DATASET_SHORT_FILE', path, size, `the file ends here; ${wanted} bytes are wanted`, {
      bytes: size,
      wanted,
    });
  if (!header) throw short(start.length + 1);
  const { bytes, dtype, shape } = header;
  const wanted = shape.reduce((product, side) => product * side, dtype.bytes) + bytes;
  if (!(size >= wanted)) throw short(wanted);
  if (size > wanted) {
    const message = `the file goes on for ${size - wanted} bytes after its last value`;
    throw badFile('DATASET_LONG_FILE', path, wanted, message, { bytes: size, wanted });
  }
  return { ...header, path, pieces: () => wholeValues(open(), bytes, dtype.bytes) };
}

/** The pieces behind the header, cut between two values. */
async function* wholeValues(pieces: AsyncIterable<Uint8Array>, skip: number, each: number) {
  let left = skip;
  let rest = new Uint8Array(0);
  for await (const piece of pieces) {
    const skipped = Math.min(left, piece.length);
    left -= skipped;
    const all = joined(rest, piece.subarray(skipped));
    const whole = all.length - (all.length % each);
    if (whole > 0) yield all.subarray(0, whole);
    rest = all.slice(whole);
  }
}

function joined(first: Uint8Array<ArrayBuffer>, second: Uint8Array): Uint8Array<ArrayBuffer> {
  if (first.length === 0) return second as Uint8Array<ArrayBuffer>;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
