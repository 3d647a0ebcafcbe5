// Bilinear resizing with antialiasing, as Pillow does it and torchvision with it: a triangle as wide as an output pixel
// (or two input pixels, where the image grows), columns first, then rows, in whole numbers of 2^-22, rounded to bytes
// after each. Pillow's bytes, but where one side grows and the other shrinks much: there Pillow may begin with the rows, and
// the two differ by one level at most.

const BITS = 22;
const HALF = 1 << (BITS - 1);

/** What each output of one axis reads: `width` weights from `first` on. */
export interface Taps {
  readonly first: Int32Array;
  readonly width: number;
  /** [outputs, width], whole numbers of 2^-22. */
  readonly weights: Int32Array;
  /** Inputs from here … */
  readonly from: number;
  /** … to here are read at all. */
  readonly to: number;
}

/** Part of an axis's outputs, and whether they are written in reverse. */
export interface Window {
  /** First output; default 0. */
  readonly start?: number;
  /** Outputs; default: all. */
  readonly length?: number;
  readonly mirror?: boolean;
}

/** @param input pixels of the axis. @param output pixels it is resized to. */
export function bilinearTaps(
  input: number,
  output: number,
  { start = 0, length = output, mirror = false }: Window = {},
): Taps {
  const scale = input / output;
  const support = Math.max(scale, 1);
  const most = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(length);
  const values = new Float64Array(most);
  const weights = new Int32Array(length * most);
  let [from, to, width] = [input, 0, 1];
  for (let i = 0; i < length; i++) {
    const at = mirror ? length - 1 - i : i;
    const center = (start + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(input, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let k = 0; k < high - low; k++) {
      values[k] = Math.max(0, 1 - Math.abs((k + low - center + 0.5) / support));
      sum += values[k]!;
    }
    first[at] = low;
    let used = 0;
    for (let k = 0; k < high - low; k++) {
      const weight = Math.floor(0.5 + (values[k]! / sum) * 2 ** BITS);
      weights[at * most + k] = weight;
      if (weight > 0) used = k + 1;
    }
    width = Math.max(width, used);
    from = Math.min(from, low);
    to = Math.max(to, low + used);
  }
  return { ...packed(first, weights, most, width, to), width, from, to };
}

/** The same with as many weights as any output needs; none reads beyond `to`, so that loops need no bounds. */
function packed(first: Int32Array, weights: Int32Array, most: number, width: number, to: number) {
  const length = first.length;
  const close = new Int32Array(length * width);
  for (let i = 0; i < length; i++) {
    const shift = Math.max(0, first[i]! + width - to);
    first[i]! -= shift;
    for (let k = shift; k < width; k++) close[i * width + k] = weights[i * most + k - shift]!;
  }
  return { first, weights: close };
}

/** A rectangle of an image in bytes: where its first pixel lies, and how far the next line. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stride: number;
}

/** Memory for the image that is resized along its columns only; grows as it has to. */
export class ResampleBuffer {
  private bytes = new Uint8Array(0);

  of(length: number): Uint8Array {
    if (this.bytes.length < length) this.bytes = new Uint8Array(length);
    return this.bytes;
  }
}

/** Writes [rows, columns, channels] to `out`. */
export function resample(
  source: Source,
  channels: number,
  rows: Taps,
  columns: Taps,
  out: Uint8Array,
  buffer: ResampleBuffer,
): void {
  const line = columns.first.length * channels;
  const between = buffer.of((rows.to - rows.from) * line);
  for (let y = rows.from; y < rows.to; y++) {
    const from = source.start + y * source.stride;
    const to = (y - rows.from) * line;
    if (channels === 3) alongLine3(source.bytes, from, columns, between, to);
    else alongLine(source.bytes, from, channels, columns, between, to);
  }
  alongColumns(between, rows, line, out);
}

function alongLine3(bytes: Uint8Array, from: number, taps: Taps, out: Uint8Array, start: number): void {
  const { first, width, weights } = taps;
  let to = start;
  let w = 0;
  for (let x = 0; x < first.length; x++) {
    let at = from + 3 * first[x]!;
    let r = HALF;
    let g = HALF;
    let b = HALF;
    for (let k = 0; k < width; k++, w++, at += 3) {
      const weight = weights[w]!;
      r += Math.imul(weight, bytes[at]!);
      g += Math.imul(weight, bytes[at + 1]!);
      b += Math.imul(weight, bytes[at + 2]!);
    }
    out[to] = clip(r);
    out[to + 1] = clip(g);
    out[to + 2] = clip(b);
    to += 3;
  }
}

function alongLine(
  bytes: Uint8Array,
  from: number,
  channels: number,
  { first, width, weights }: Taps,
  out: Uint8Array,
  start: number,
): void {
  let to = start;
  for (let x = 0; x < first.length; x++) {
    for (let c = 0; c < channels; c++) {
      let sum = HALF;
      let at = from + first[x]! * channels + c;
      for (let k = 0; k < width; k++, at += channels) sum += Math.imul(weights[x * width + k]!, bytes[at]!);
      out[to++] = clip(sum);
    }
  }
}

function alongColumns(bytes: Uint8Array, taps: Taps, line: number, out: Uint8Array): void {
  const { first, width, weights, from } = taps;
  for (let y = 0; y < first.length; y++) {
    const base = (first[y]! - from) * line;
    const to = y * line;
    for (let x = 0; x < line; x++) {
      let sum = HALF;
      let at = base + x;
      for (let k = 0; k < width; k++, at += line) sum += Math.imul(weights[y * width + k]!, bytes[at]!);
      out[to + x] = clip(sum);
    }
  }
}

/** Rounded weights may add up to a little more than one. */
const clip = (sum: number) => Math.min(255, sum >> BITS);
