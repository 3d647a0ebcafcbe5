// Arrays as numpy writes them: .npy of version 1.0, and several of them, not packed, as a .npz.

/** What is written: floats `<f4`, whole numbers `<i4`, text `<U`. */
export type Values = Float32Array | Int32Array | readonly string[];

const ALIGN = 64;
const START = 10;

/** One .npy. @param shape of as many values. */
export function writeNpy(values: Values, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const { descr, bytes } = encoded(values);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((START + literal.length + 1) / ALIGN) * ALIGN;
  const out = new Uint8Array(length + bytes.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(out.buffer).setUint16(8, length - START, true);
  out.set(new TextEncoder().encode(`${literal.padEnd(length - START - 1)}\n`), START);
  out.set(bytes, length);
  return out;
}

/** A .npz of arrays by name; the same arrays are the same bytes. */
export async function writeNpz(arrays: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const { zipSync } = await import('fflate');
  const files = Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]));
  return zipSync(files, { level: 0, mtime: '1980-01-01T00:00:00' });
}

function encoded(values: Values): { readonly descr: string; readonly bytes: Uint8Array } {
  if (values instanceof Float32Array) return { descr: '<f4', bytes: words(values) };
  if (values instanceof Int32Array) return { descr: '<i4', bytes: words(values) };
  const codes = values.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const width = codes.reduce((longest, { length }) => Math.max(longest, length), 1);
  const bytes = new Uint8Array(4 * width * codes.length);
  const view = new DataView(bytes.buffer);
  for (const [row, own] of codes.entries())
    for (const [i, code] of own.entries()) view.setUint32(4 * (row * width + i), code, true);
  return { descr: `<U${width}`, bytes };
}

/** Little-endian, whatever the machine. */
function words(values: Float32Array | Int32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(4 * bits.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bits.length; i++) view.setUint32(4 * i, bits[i]!, true);
  return bytes;
}
