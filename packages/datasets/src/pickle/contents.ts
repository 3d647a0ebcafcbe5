// Images' and labels' parts of a pickle that was read: dicts by their keys, whole numbers, names, arrays as those of .npy
// files.

import { badFile } from '../errors';
import type { NpyArray } from '../npy/array';
import { parseDtype } from '../npy/dtype';
import { badPickle } from './errors';
import type { Pickle } from './open-pickle';
import { PickledArray, PickledBytes, textOf } from './values';

/** Of values that are read at a time. */
const PIECE = 2 ** 20;
/** What is read whole: labels of two million images. */
const MOST_BYTES = 2 ** 24;

/** What of a pickle is not as it should be, though Python would read it. */
function wrong(pickle: Pickle, what: string) {
  const hint = 'see the README of @neusim/datasets for the forms that are read';
  return badFile('DATASET_BAD_SHAPE', pickle.path, 0, what, { what }, hint);
}

/** @throws NeusimError `DATASET_BAD_SHAPE` where the whole is no dict */
export function dictOf(pickle: Pickle): ReadonlyMap<unknown, unknown> {
  if (pickle.value instanceof Map) return pickle.value;
  throw wrong(pickle, 'no dict is pickled here');
}

/**
 * A key as a name.
 * @param what it is of, for the message.
 * @throws NeusimError `DATASET_BAD_SHAPE` for another than text or a number: what holds itself often has no end as text
 */
export function nameOf(pickle: Pickle, key: unknown, what: string): string {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw wrong(pickle, `${what} has a key that is no name`);
}

/** The value of the first of these keys that is there. @throws NeusimError `DATASET_BAD_SHAPE` where none is */
export function fieldOf(pickle: Pickle, keys: readonly string[]): unknown {
  const dict = dictOf(pickle);
  const key = keys.find((name) => dict.has(name));
  if (key !== undefined) return dict.get(key);
  const names = [...dict.keys()].filter((name) => typeof name === 'string' || typeof name === 'number');
  const met = names.slice(0, 10).join(', ');
  throw wrong(
    pickle,
    `no key ${keys.map((name) => `"${name}"`).join(' or ')}; there is: ${met.slice(0, 200)}`,
  );
}

/** An array with the bytes that it lies in. */
export interface PickledNpy extends NpyArray {
  readonly data: PickledBytes;
}

/**
 * An array as those of .npy files; objects are no numbers.
 * @param what it is, for the message.
 * @throws NeusimError `DATASET_BAD_SHAPE`, `DATASET_BAD_DTYPE`
 */
export function npyOf(pickle: Pickle, value: unknown, what: string): PickledNpy {
  if (!(value instanceof PickledArray) || value.dtype === undefined)
    throw wrong(pickle, `${what} are no array of numpy`);
  const { data, shape, fortran, dtype: told } = value;
  if (!(data instanceof PickledBytes)) throw wrong(pickle, `${what} are an array of Python's objects`);
  const offset = typeof data.at === 'number' ? data.at : 0;
  // Numbers in the order of the machine that wrote them: none of today's has the other.
  const dtype = parseDtype(pickle.path, offset, told.name.replace('=', '<'));
  return {
    path: pickle.path,
    shape,
    fortran,
    dtype,
    bytes: offset,
    data,
    async *pieces() {
      const size = PIECE - (PIECE % dtype.bytes);
      for (let at = 0; at < data.length; at += size)
        yield pickle.read(data, at, Math.min(data.length, at + size));
    },
  };
}

/** What a list, a tuple, or an array of objects holds; undefined for what holds nothing. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return [...value];
  return value instanceof PickledArray && Array.isArray(value.data) ? value.data : undefined;
}

/**
 * Whole numbers: a list of them, of numpy's or of Python's, or an array of one axis.
 * @param what they are, for the message.
 * @throws NeusimError `DATASET_BAD_SHAPE`, `DATASET_BAD_DTYPE`
 */
export async function integersOf(pickle: Pickle, value: unknown, what: string): Promise<Float64Array> {
  const items = itemsOf(value);
  const numbers = items
    ? Float64Array.from(await Promise.all(items.map((item) => numberOf(pickle, item, what))))
    : await numbersOf(pickle, value, what);
  const bad = numbers.findIndex((number) => !Number.isSafeInteger(number));
  if (bad < 0) return numbers;
  throw wrong(pickle, `${what}: number ${bad} is no whole number`);
}

function numberOf(pickle: Pickle, item: unknown, what: string): number | Promise<number> {
  if (typeof item === 'number') return item;
  if (!(item instanceof PickledArray)) return Number.NaN;
  return numbersOf(pickle, item, what).then((own) => (own.length === 1 ? own[0]! : Number.NaN));
}

async function numbersOf(pickle: Pickle, value: unknown, what: string): Promise<Float64Array> {
  const { shape, dtype, data } = npyOf(pickle, value, what);
  const count = data.length / dtype.bytes;
  const isLine = shape.filter((side) => side !== 1).length <= 1;
  if (!isLine || data.length > MOST_BYTES) throw wrong(pickle, `${what} are an array of shape [${shape}]`);
  const bytes = await pickle.read(data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, index) => dtype.read(view, index * dtype.bytes));
}

/**
 * Names: a list of text, or an array of it.
 * @throws NeusimError `DATASET_BAD_SHAPE`
 */
export async function namesOf(pickle: Pickle, value: unknown, what: string): Promise<string[]> {
  const items = itemsOf(value) ?? (await textsOf(pickle, value));
  const names = items?.map((item) => textOf(item) ?? (typeof item === 'number' ? String(item) : undefined));
  if (names?.every((name) => name !== undefined)) return names;
  throw wrong(pickle, `${what} are no list of names`);
}

/** Of an array of the dtypes U and S, whose values end where zeros begin. */
async function textsOf(pickle: Pickle, value: unknown): Promise<string[] | undefined> {
  if (!(value instanceof PickledArray) || !(value.data instanceof PickledBytes)) return undefined;
  const { kind, order, bytes } = value.dtype ?? { kind: '', order: '', bytes: 0 };
  if (!/^[US]/.test(kind) || value.data.length > MOST_BYTES) return undefined;
  const all = await pickle.read(value.data);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const size = kind[0] === 'U' ? 4 : 1;
  return Array.from({ length: bytes > 0 ? all.length / bytes : 0 }, (_, index) => {
    let text = '';
    for (let at = index * bytes; at < (index + 1) * bytes; at += size) {
      const code = size === 4 ? view.getUint32(at, order !== '>') : all[at]!;
      if (code > 0x10ffff) throw badPickle(pickle.path, 0, 'a name of characters that there are not');
      text += code === 0 ? '' : String.fromCodePoint(code);
    }
    return text;
  });
}
