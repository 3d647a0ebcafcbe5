// .npy files made in code.

const writers = {
  u1: (view: DataView, at: number, value: number) => view.setUint8(at, value),
  i1: (view: DataView, at: number, value: number) => view.setInt8(at, value),
  u2: (view: DataView, at: number, value: number, little: boolean) => view.setUint16(at, value, little),
  i2: (view: DataView, at: number, value: number, little: boolean) => view.setInt16(at, value, little),
  i4: (view: DataView, at: number, value: number, little: boolean) => view.setInt32(at, value, little),
  i8: (view: DataView, at: number, value: number, little: boolean) =>
    view.setBigInt64(at, BigInt(value), little),
  f4: (view: DataView, at: number, value: number, little: boolean) => view.setFloat32(at, value, little),
  f8: (view: DataView, at: number, value: number, little: boolean) => view.setFloat64(at, value, little),
};

interface NpyParts {
  readonly descr?: string;
  readonly fortran?: boolean;
  readonly version?: 1 | 2 | 3;
  /** In place of the header that the other parts make. */
  readonly header?: string;
}

/** The values in the order of the file. */
export function makeNpy(
  shape: readonly number[],
  values: ArrayLike<number>,
  { descr = '|u1', fortran = false, version = 1, header }: NpyParts = {},
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const literal =
    header ?? `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  const start = version === 1 ? 10 : 12;
  const text = new TextEncoder().encode(`${literal.padEnd(128 - start - 1)}\n`);
  const kind = descr.slice(1) as keyof typeof writers;
  const write = writers[kind] ?? writers.u1;
  const each = Number(kind[1]) || 1;
  const bytes = new Uint8Array(start + text.length + values.length * each);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(text, start);
  for (let i = 0; i < values.length; i++)
    write(view, start + text.length + i * each, values[i]!, descr[0] !== '>');
  return bytes;
}
