// Scaling with antialiasing: a triangle as wide as an output pixel on the input (bilinear where it grows), along rows
// and columns apart, as PIL's BILINEAR. One input row is held at a time, so that no image, however long, takes more
// memory than its result.

/** Pixels of an image, [height, width, channels], 0..255. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** A part of an image, in pixels; need not be whole ones. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Which input pixels each output pixel is a mean of. */
interface Taps {
  /** [n] */
  readonly first: Int32Array;
  /** [n] lists, each of sum 1. */
  readonly weights: readonly Float32Array[];
}

function tapsOf(size: number, start: number, length: number, n: number): Taps {
  const scale = length / n;
  const reach = Math.max(scale, 1);
  const first = new Int32Array(n);
  const weights = Array.from({ length: n }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - reach));
    const to = Math.min(size, Math.ceil(centre + reach));
    const found = Float32Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs(from + k + 0.5 - centre) / reach),
    );
    const sum = found.reduce((a, b) => a + b, 0);
    first[i] = from;
    return found.map((weight) => weight / sum);
  });
  return { first, weights };
}

/**
 * The part `box` of an image as [height, width, channels] bytes.
 * @param box inside the image.
 */
export function resize(
  image: Pixels,
  channels: number,
  box: Box,
  [height, width]: readonly [number, number],
): Uint8Array {
  const columns = tapsOf(image.width, box.left, box.width, width);
  const rows = tapsOf(image.height, box.top, box.height, height);
  const line = width * channels;
  const sums = new Float32Array(height * line);
  const row = new Float32Array(line);
  const lastRow = (rows.first[height - 1] as number) + (rows.weights[height - 1] as Float32Array).length;
  let lowest = 0;
  for (let y = rows.first[0] as number; y < lastRow; y++) {
    const endOf = (i: number) => (rows.first[i] as number) + (rows.weights[i] as Float32Array).length;
    while (endOf(lowest) <= y) lowest++;
    if ((rows.first[lowest] as number) > y) continue;
    scaleRow(image, channels, y, columns, row);
    for (let i = lowest; i < height && (rows.first[i] as number) <= y; i++) {
      const weight = (rows.weights[i] as Float32Array)[y - (rows.first[i] as number)] ?? 0;
      if (weight === 0) continue;
      for (let x = 0, at = i * line; x < line; x++, at++) sums[at]! += weight * row[x]!;
    }
  }
  const out = new Uint8Array(sums.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.round(sums[i] as number);
  return out;
}

function scaleRow(
  { width, data }: Pixels,
  channels: number,
  y: number,
  { first, weights }: Taps,
  out: Float32Array,
): void {
  const start = y * width;
  let to = 0;
  for (let x = 0; x < weights.length; x++) {
    const taps = weights[x]!;
    const from = (start + first[x]!) * channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0, at = from + c; k < taps.length; k++, at += channels) sum += taps[k]! * data[at]!;
      out[to++] = sum;
    }
  }
}
