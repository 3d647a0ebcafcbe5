// The ways in which pickles write bytes and text as other text.

const BACKSLASH = 92;
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({ '\\': 92, "'": 39, '"': 34, a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }),
);

/** The bytes of Python's `'…'` or `"…"` with its escapes (protocol 0); undefined where it is not well-formed. */
export function bytesOfRepr(line: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const end = line.length - 1;
  if (end < 1 || line[0] !== line[end] || (line[0] !== 34 && line[0] !== 39)) return undefined;
  const out = new Uint8Array(end - 1);
  let length = 0;
  for (let at = 1; at < end; ) {
    const backslash = line.indexOf(BACKSLASH, at);
    const plain = backslash < 0 || backslash >= end ? end : backslash;
    out.set(line.subarray(at, plain), length);
    length += plain - at;
    if (plain === end) break;
    const found = escaped(String.fromCharCode(...line.subarray(plain + 1, Math.min(plain + 4, end))));
    if (!found) return undefined;
    out[length++] = found.byte;
    at = plain + 1 + found.size;
  }
  return out.slice(0, length);
}

/** @param text up to three characters behind the backslash. */
function escaped(text: string): { readonly byte: number; readonly size: number } | undefined {
  const hex = /^x([0-9a-fA-F]{2})/.exec(text)?.[1];
  if (hex !== undefined) return { byte: Number.parseInt(hex, 16), size: 3 };
  const octal = /^[0-7]{1,3}/.exec(text)?.[0];
  if (octal !== undefined) return { byte: Number.parseInt(octal, 8) & 255, size: octal.length };
  const byte = NAMED.get(text.slice(0, 1));
  return byte === undefined ? undefined : { byte, size: 1 };
}

/** Python's raw-unicode-escape: Latin-1, and `\u0123` or `\U00012345` for the rest; undefined where it is no text. */
export function textOfRaw(line: Uint8Array): string | undefined {
  const text = new TextDecoder('latin1').decode(line);
  let isText = true;
  const out = text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    isText = false;
    return '';
  });
  return isText ? out : undefined;
}

/**
 * Bytes that Python 3 wrote as text for Python 2: UTF-8 of characters up to U+00FF, each a byte.
 * @param into for the bytes. @param half the first byte of a character that the last part ended in, 0 for none.
 * @returns how many bytes, and the half character at the end; undefined where it is something else
 */
export function latin1OfUtf8(
  utf8: Uint8Array,
  into: Uint8Array,
  half: number,
): { readonly length: number; readonly half: number } | undefined {
  let length = 0;
  for (const byte of utf8) {
    if (half !== 0) {
      if ((byte & 0xc0) !== 0x80) return undefined;
      into[length++] = ((half & 3) << 6) | (byte & 0x3f);
      half = 0;
    } else if (byte < 0x80) into[length++] = byte;
    else if (byte === 0xc2 || byte === 0xc3) half = byte;
    else return undefined;
  }
  return { length, half };
}
