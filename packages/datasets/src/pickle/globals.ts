// The only globals that a pickle may name, and what each makes. Nothing is looked up anywhere: a name that is not here is
// refused, and what is here is written in this file.

import { unsafePickle } from './errors';
import type { PickleMachine } from './machine';
import { latin1OfUtf8 } from './text';
import { PickledArray, PickledBytes, PickledDtype, PickledGlobal, PickledText, textOf } from './values';

/** Bytes of text that are turned into bytes at a time. */
const PIECE = 2 ** 20;
const MOST_AXES = 32;

type Make = (machine: PickleMachine, values: readonly unknown[]) => unknown;

/** Named, and called with a value of it alone. */
const inert: Make = (machine) => {
  throw machine.bad('it calls what cannot be called');
};

/** An array to be built: `_reconstruct(ndarray, (0,), b'b')`. */
const reconstruct: Make = (machine, [of]) => {
  if (of instanceof PickledGlobal && of.name === 'numpy.ndarray') return new PickledArray();
  throw machine.bad('an array that is no numpy.ndarray');
};

/** Of protocol 5: `_frombuffer(bytes, dtype, shape, order)`. */
const fromBuffer: Make = (machine, [buffer, dtype, shape, order]) => {
  const array = new PickledArray();
  const letter = textOf(order);
  if (letter !== 'C' && letter !== 'F') throw machine.bad('an array in an order that is neither C nor F');
  fillArray(machine, array, { shape, dtype, fortran: letter === 'F', data: buffer });
  return array;
};

/** `dtype('u1', False, True)`. */
const dtype: Make = (machine, [kind]) => {
  const text = textOf(kind);
  const found = text === undefined ? null : /^([<>|=]?)([a-zA-Z]\d{0,9})$/.exec(text);
  if (!found)
    throw machine.bad(`a dtype of ${text === undefined ? 'fields' : JSON.stringify(text.slice(0, 40))}`);
  const made = new PickledDtype(found[2] as string);
  if (found[1]) made.order = found[1] as string;
  return made;
};

/** One number: `scalar(dtype, bytes)`. */
const scalar: Make = (machine, [of, bytes]) => {
  if (!(of instanceof PickledDtype) || !(bytes instanceof PickledBytes))
    throw machine.bad('a scalar of another make than numpy’s');
  const array = new PickledArray();
  fillArray(machine, array, { shape: [], dtype: of, fortran: false, data: bytes });
  return array;
};

/** Bytes that Python 3 writes as text for Python 2: `encode(text, 'latin1')`. */
const encode: Make = async (machine, [text, coding]) => {
  const name = textOf(coding)?.replaceAll(/[-_]/g, '').toLowerCase();
  if (name !== 'latin1' && name !== 'iso88591') throw machine.bad('text in another coding than Latin-1');
  const part = async (utf8: Uint8Array, into: Uint8Array, half: number) => {
    const done = latin1OfUtf8(utf8, into, half);
    if (!done) throw machine.bad('text that has no bytes in Latin-1');
    return done;
  };
  if (typeof text === 'string') {
    machine.spend(text.length);
    const utf8 = new TextEncoder().encode(text);
    const { length } = await part(utf8, utf8, 0);
    return new PickledBytes(length, utf8.slice(0, length));
  }
  if (!(text instanceof PickledText)) throw machine.bad('it encodes what is no text');
  machine.spend(text.bytes);
  const out = new Uint8Array(text.bytes);
  const { file } = machine.cursor;
  let [length, half] = [0, 0];
  for (let at = 0; at < text.bytes; at += PIECE) {
    const utf8 = await file.read(text.offset + at, Math.min(PIECE, text.bytes - at));
    const done = await part(utf8, out.subarray(length), half);
    length += done.length;
    half = done.half;
  }
  return new PickledBytes(length, out.subarray(0, length));
};

/** `bytes()`, `bytearray(b'…')`, `bytearray('…', 'latin-1')`. */
const bytes: Make = (machine, values) => {
  const [from] = values;
  if (values.length === 0) return new PickledBytes(0, new Uint8Array(0));
  if (from instanceof PickledBytes) return from;
  if (values.length === 2) return encode(machine, values);
  throw machine.bad('bytes made of what is none');
};

const set: Make = (machine, [values = []]) => {
  if (!Array.isArray(values)) throw machine.bad('a set made of what is no list');
  machine.spend(values.length);
  return new Set(values.map((value) => machine.key(value)));
};

/** A dict that keeps its order, as they all do here; or made of pairs. */
const orderedDict: Make = (machine, [pairs = []]) => {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw machine.bad('a dict made of what is no list of pairs');
  machine.spend(pairs.length);
  return new Map(pairs.map(([key, value]) => [machine.key(key), value]));
};

/** By Python's names; numpy 2 has `_core` where numpy 1 has `core`, Python 2 `__builtin__` where Python 3 has `builtins`. */
const globals: ReadonlyMap<string, Make> = new Map([
  ['numpy.ndarray', inert],
  ['numpy.dtype', dtype],
  ...['numpy.core', 'numpy._core'].flatMap((core): [string, Make][] => [
    [`${core}.multiarray._reconstruct`, reconstruct],
    [`${core}.multiarray.scalar`, scalar],
    [`${core}.numeric._frombuffer`, fromBuffer],
  ]),
  ['_codecs.encode', encode],
  ...['__builtin__', 'builtins'].flatMap((builtins): [string, Make][] => [
    [`${builtins}.bytes`, bytes],
    [`${builtins}.bytearray`, bytes],
    [`${builtins}.set`, set],
    [`${builtins}.frozenset`, set],
  ]),
  ['collections.OrderedDict', orderedDict],
]);

/** @throws NeusimError `DATASET_UNSAFE_PICKLE` for a global that is not one of those above */
export function requireGlobal(machine: PickleMachine, name: string): PickledGlobal {
  if (!globals.has(name)) throw unsafePickle(machine.cursor.path, machine.at, name);
  return new PickledGlobal(name);
}

/** What Python's REDUCE does: the function with these values. */
export async function construct(machine: PickleMachine, of: unknown, values: unknown): Promise<void> {
  const make = of instanceof PickledGlobal ? globals.get(of.name) : undefined;
  if (!make || !Array.isArray(values)) throw machine.bad('it calls what cannot be called');
  machine.push(await make(machine, values));
}

/** What Python's BUILD does, of arrays and dtypes. */
export function setState(machine: PickleMachine, of: unknown, state: unknown): void {
  if (!Array.isArray(state)) throw machine.bad('a state that is no tuple');
  if (of instanceof PickledArray && of.dtype === undefined) {
    // numpy's first arrays had no version before the rest.
    const [shape, dtype, fortran, data] = state.length === 5 ? state.slice(1) : state;
    fillArray(machine, of, { shape, dtype, fortran: fortran === true || fortran === 1, data });
    return;
  }
  if (!(of instanceof PickledDtype)) throw machine.bad('it gives a state to what has none');
  const [, order, subdtype, names, fields] = state;
  const letter = textOf(order);
  if (letter === undefined || !/^[<>|=]$/.test(letter)) throw machine.bad('a dtype of no order of bytes');
  if ([subdtype, names, fields].some((part) => part !== null && part !== undefined))
    throw machine.bad('a dtype of fields');
  of.order = letter;
}

interface State {
  readonly shape: unknown;
  readonly dtype: unknown;
  readonly fortran: boolean;
  readonly data: unknown;
}

function fillArray(
  machine: PickleMachine,
  array: PickledArray,
  { shape, dtype, fortran, data }: State,
): void {
  const isShape =
    Array.isArray(shape) &&
    shape.length <= MOST_AXES &&
    shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  const count = isShape ? shape.reduce((product: number, side: number) => product * side, 1) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw machine.bad('an array of no shape');
  if (!(dtype instanceof PickledDtype)) throw machine.bad('an array without a dtype');
  const sizes = `${data instanceof PickledBytes ? data.length : Array.isArray(data) ? data.length : 'no'}`;
  const fits = dtype.isObject
    ? Array.isArray(data) && data.length === count
    : data instanceof PickledBytes && data.length === count * dtype.bytes;
  if (!fits) {
    const what = `an array of shape [${shape}] and dtype ${dtype.name} with ${sizes} ${dtype.isObject ? 'objects' : 'bytes'}`;
    throw machine.bad(what, { shape, dtype: dtype.name });
  }
  array.shape = [...(shape as number[])];
  array.dtype = dtype;
  array.fortran = fortran;
  array.data = data as PickledArray['data'];
}
