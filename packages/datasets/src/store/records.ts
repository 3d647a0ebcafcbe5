// How the cache keeps one image: its pixels, a byte that says whether it was left out, and a checksum of both and of
// its place, so that a record that is damaged, cut short or another's is known by itself.

/** Bytes after the pixels. */
const TAIL = 5;
const SKIPPED = 1;

export interface Records {
  /** Bytes of the pixels of one image. */
  readonly pixels: number;
  /** Bytes of one record. */
  readonly size: number;
  /** Writes the tail of the record at `at`, whose pixels are there. @param index of the image. */
  seal(bytes: Uint8Array, at: number, index: number, skipped: boolean): void;
  /** What the record at `at` is. */
  look(bytes: Uint8Array, at: number, index: number): 'whole' | 'skipped' | 'damaged';
}

export async function recordsOf(pixels: number): Promise<Records> {
  const { createXXHash32 } = await import('hash-wasm');
  const hasher = await createXXHash32();
  const place = new Uint8Array(5);
  const view = new DataView(place.buffer);
  const checksum = (bytes: Uint8Array, at: number, index: number, status: number) => {
    view.setUint32(0, index);
    place[4] = status;
    hasher.init();
    hasher.update(bytes.subarray(at, at + pixels));
    hasher.update(place);
    return hasher.digest('binary');
  };
  return {
    pixels,
    size: pixels + TAIL,
    seal(bytes, at, index, skipped) {
      const status = skipped ? SKIPPED : 0;
      bytes[at + pixels] = status;
      bytes.set(checksum(bytes, at, index, status), at + pixels + 1);
    },
    look(bytes, at, index) {
      const status = bytes[at + pixels] as number;
      const found = checksum(bytes, at, index, status);
      if (status > SKIPPED || found.some((byte, k) => byte !== bytes[at + pixels + 1 + k])) return 'damaged';
      return status === SKIPPED ? 'skipped' : 'whole';
    },
  };
}
