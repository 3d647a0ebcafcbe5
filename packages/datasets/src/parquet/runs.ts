// Parquet's hybrid of runs and packed bits, in which levels and places in a dictionary are written.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE, 3)

/** Undefined where the bytes do not hold `count` numbers of `width` bits (0..24). */
export function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array | undefined {
  const out = new Uint32Array(count);
  let at = 0;
  let done = 0;
  while (done < count) {
    let header = 0;
    let scale = 1;
    for (let more = true; more; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 28) return undefined;
      header += (byte & 127) * scale;
      more = byte > 127;
    }
    const size = Math.floor(header / 2);
    if (size === 0) return undefined;
    if (header % 2 === 0) {
      const end = at + ((width + 7) >> 3);
      if (end > bytes.length) return undefined;
      let value = 0;
      for (let index = 0; at < end; index++) value |= bytes[at++]! << (8 * index);
      const until = Math.min(count, done + size);
      out.fill(value, done, until);
      done = until;
    } else {
      const end = at + size * width;
      const until = Math.min(count, done + size * 8);
      // The last run may be written without the bytes of the numbers that nobody wants.
      if (at + Math.ceil(((until - done) * width) / 8) > bytes.length) return undefined;
      for (let bit = 0; done < until; bit += width) out[done++] = bitsAt(bytes, at, bit, width);
      at = end;
    }
  }
  return out;
}

function bitsAt(bytes: Uint8Array, from: number, bit: number, width: number): number {
  const at = from + (bit >> 3);
  const word = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  return (word >>> (bit & 7)) & (2 ** width - 1);
}
