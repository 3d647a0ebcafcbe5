// numpy's arrays of text: fixed width, padded by zeros; four bytes a character (U), or one (S).

import type { NpyArray } from './array';
import { type Dtype, parseDtype } from './dtype';

const TEXT = /^([<>|])([US])([1-9]\d{0,3})$/;

/** Numbers or text. Errors as `parseDtype`. */
export function parseAnyDtype(file: string, offset: number, descr: string): Dtype {
  const [, order, kind, width] = TEXT.exec(descr) ?? [];
  if (width === undefined) return parseDtype(file, offset, descr);
  const each = kind === 'U' ? 4 : 1;
  const little = order !== '>';
  return {
    name: descr,
    isFloat: false,
    bytes: each * Number(width),
    read: () => Number.NaN,
    text(view, at) {
      let found = '';
      for (let i = 0; i < Number(width); i++) {
        const code = each === 4 ? view.getUint32(at + 4 * i, little) : view.getUint8(at + i);
        if (code === 0) break;
        found += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      }
      return found;
    },
  };
}

/** All values of an array in the order of the file: text as it is, numbers as they are written. */
export async function readTexts({ dtype, pieces }: NpyArray): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of pieces()) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < piece.length; at += dtype.bytes)
      found.push(dtype.text?.(view, at) ?? String(dtype.read(view, at)));
  }
  return found;
}
