// The types of numpy's arrays that hold images or labels.

import { badFile } from '../errors';

export interface Dtype {
  /** As numpy writes it: `<f4`. */
  readonly name: string;
  readonly isFloat: boolean;
  /** Of one value. */
  readonly bytes: number;
  /** The value at a byte; of text, NaN. */
  read(view: DataView, at: number): number;
  /** The text at a byte, where values are text. */
  text?(view: DataView, at: number): string;
}

type Reader = (view: DataView, at: number, little: boolean) => number;

const readers: Readonly<Record<string, Reader>> = {
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/**
 * @param offset of the header, for the message.
 * @throws NeusimError `DATASET_BAD_DTYPE`, `DATASET_PICKLED` for Python objects
 */
export function parseDtype(file: string, offset: number, descr: string): Dtype {
  const order = descr[0];
  const kind = descr.slice(1);
  if (kind[0] === 'O') {
    const message = `dtype "${descr}": Python objects, which are pickles`;
    const hint = 'a pickle may run any code and is not read: save the array with a dtype of numbers';
    throw badFile('DATASET_PICKLED', file, offset, message, { dtype: descr }, hint);
  }
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  const bytes = Number(kind[1]);
  const ordered = order === '<' || order === '>' || (bytes === 1 && order === '|');
  if (read === undefined || !ordered) {
    const message = `dtype ${JSON.stringify(descr.slice(0, 20))}; read are ${Object.keys(readers).join(', ')}`;
    throw badFile('DATASET_BAD_DTYPE', file, offset, message, { dtype: descr.slice(0, 20) });
  }
  const little = order !== '>';
  return { name: descr, isFloat: kind[0] === 'f', bytes, read: (view, at) => read(view, at, little) };
}
