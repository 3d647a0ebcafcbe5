// The header of a .npy file, versions 1 to 3: a small literal of Python, read by a parser of its own that knows these
// three keys and no more. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import type { NeusimError } from '@neusim/registry';
import { badFile } from '../errors';
import { type Dtype, parseDtype } from './dtype';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** numpy itself reads no more than 10,000 characters. */
const LONGEST = 65_536;
const MOST_AXES = 32;

export interface NpyHeader {
  readonly dtype: Dtype;
  /** Whether the first index runs fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly bytes: number;
}

/** Finds out what values of a type are, or refuses it. */
export type DtypeParser = (file: string, offset: number, descr: string) => Dtype;

/**
 * @param start of the file; undefined comes back where more of it is needed.
 * @param parse default: numbers alone.
 * @throws NeusimError `DATASET_BAD_MAGIC`, `DATASET_BAD_HEADER`, `DATASET_BAD_DTYPE`, `DATASET_PICKLED`
 */
export function parseNpyHeader(
  file: string,
  start: Uint8Array,
  parse: DtypeParser = parseDtype,
): NpyHeader | undefined {
  const bad = start.subarray(0, MAGIC.length).findIndex((byte, index) => byte !== MAGIC[index]);
  if (bad >= 0) throw badFile('DATASET_BAD_MAGIC', file, bad, 'no .npy file', { byte: start[bad] });
  if (start.length < 12) return undefined;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const version = start[6]!;
  if (version < 1 || version > 3)
    throw badFile('DATASET_BAD_HEADER', file, 6, `version ${version}; read are 1, 2 and 3`, { version });
  const from = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST) {
    const message = `a header of ${length} bytes; ${LONGEST} are allowed`;
    throw badFile('DATASET_BAD_HEADER', file, 8, message, { length });
  }
  if (start.length < from + length) return undefined;
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    start.subarray(from, from + length),
  );
  const { descr, fortran, shape } = parseLiteral(file, from, text);
  return { dtype: parse(file, from, descr), fortran, shape, bytes: from + length };
}

/** One key and its value; a value is text in quotes, True or False, a tuple of whole numbers, or what is refused. */
const ITEM =
  /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|\(([\d\sL,]*)\)|(\[.*\]))\s*(?:,|(?=\}))/sy;

function parseLiteral(file: string, offset: number, text: string) {
  const refuse = (at: number) =>
    badFile(
      'DATASET_BAD_HEADER',
      file,
      offset + at,
      `no header of numpy: ${JSON.stringify(text.slice(0, 80))}`,
      {
        header: text.slice(0, 200),
      },
    );
  const values = new Map<string, string | boolean | readonly number[]>();
  const start = /^\s*\{/.exec(text)?.[0].length;
  if (start === undefined) throw refuse(0);
  let at = start;
  while (!/^\s*\}/.test(text.slice(at))) {
    ITEM.lastIndex = at;
    const found = ITEM.exec(text);
    const key = found?.[1] ?? found?.[2];
    if (!found || key === undefined || values.has(key)) throw refuse(at);
    const [, , , single, double, truth, tuple, list] = found;
    if (list !== undefined) throw structured(file, offset + at, list);
    values.set(key, single ?? double ?? (truth === undefined ? parseTuple(tuple!) : truth === 'True'));
    at = ITEM.lastIndex;
  }
  if (!/^\s*\}\s*$/.test(text.slice(at))) throw refuse(at);
  const [descr, fortran, shape] = ['descr', 'fortran_order', 'shape'].map((key) => values.get(key));
  if (values.size !== 3 || typeof descr !== 'string' || typeof fortran !== 'boolean' || !Array.isArray(shape))
    throw refuse(0);
  if (shape.length > MOST_AXES || !shape.every(Number.isSafeInteger)) throw refuse(0);
  return { descr, fortran, shape: shape as readonly number[] };
}

/** NaN where it is no whole number. Python 2 writes long ones as `60000L`. */
function parseTuple(tuple: string): readonly number[] {
  if (tuple.trim() === '') return [];
  const parts = tuple.split(',').map((part) => part.trim());
  // One number alone is a tuple only with its comma.
  if (parts.length === 1) return [Number.NaN];
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => (/^\d{1,15}L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
}

function structured(file: string, offset: number, list: string): NeusimError {
  return badFile(
    'DATASET_BAD_DTYPE',
    file,
    offset,
    `records with fields: ${list.slice(0, 80)}`,
    {},
    undefined,
  );
}
