// Pickles made in code: of plain values, and of arrays of bytes, as Python 3 writes them in protocol 3.

/** Latin-1. */
export const bytes = (latin1: string) => Uint8Array.from(latin1, (character) => character.charCodeAt(0));
export const text = (utf8: string) => new TextEncoder().encode(utf8);
export const int32 = (value: number) => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  (value >> 24) & 255,
];

/** A number is one byte. */
export function concat(...parts: readonly (string | number | ArrayLike<number>)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((part) =>
    typeof part === 'string' ? bytes(part) : typeof part === 'number' ? [part] : part,
  );
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An array of numpy of bytes; `dtype` is for others whose bytes are given. */
export interface MadeArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly dtype?: string;
  readonly fortran?: boolean;
}

const isArray = (value: unknown): value is MadeArray =>
  typeof value === 'object' && value !== null && 'shape' in value && 'values' in value;

const string = (value: string) => concat('X', int32(text(value).length), text(value));

/** `null`, truth, whole numbers, text, bytes, lists, dicts (Maps and objects), arrays. */
function write(value: unknown): Uint8Array {
  if (value === null) return bytes('N');
  if (typeof value === 'boolean') return concat(value ? 0x88 : 0x89);
  if (typeof value === 'number')
    return Number.isInteger(value) ? concat('J', int32(value)) : concat('F', `${value}\n`);
  if (typeof value === 'string') return string(value);
  if (value instanceof Uint8Array) return concat('B', int32(value.length), value);
  if (Array.isArray(value)) return concat('](', ...value.map(write), 'e');
  if (isArray(value)) return array(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return concat('}(', ...entries.flat().map(write), 'u');
}

function array({ shape, values, dtype = '|u1', fortran = false }: MadeArray): Uint8Array {
  const tuple = concat('(', ...shape.map((side) => concat('J', int32(side))), 't');
  const type = concat(
    'cnumpy\ndtype\n(',
    string(dtype.slice(1)),
    0x89,
    0x88,
    'tR(K',
    [3],
    string(dtype[0]!),
    'NNNJ',
    int32(-1),
    'J',
    int32(-1),
    'K',
    [0],
    'tb',
  );
  return concat(
    'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00',
    0x85,
    'C\x01bt',
    'R(K\x01',
    tuple,
    type,
    fortran ? 0x88 : 0x89,
    'B',
    int32(values.length),
    values,
    'tb',
  );
}

export const pickleOf = (value: unknown): Uint8Array<ArrayBuffer> => concat([0x80, 3], write(value), '.');
