// PNG in plain JavaScript: what is unpacked is bounded by the size in the header, and text and colour profiles, which
// could hold anything, are not unpacked at all.

import { concatBytes, unpack } from '../codecs';
import type { Bytes } from '../types';
import type { RawImage } from './decode';
import { badImage } from './errors';
import { type ImageHeader, pngChunks } from './header';

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** Of Adam7: first column and row, and the steps between columns and rows. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export async function decodePng(bytes: Uint8Array, { width, height }: ImageHeader): Promise<RawImage> {
  const chunks = pngChunks(bytes).filter(({ type }) => NEEDED.includes(type));
  const [, , , , , , , , depth = 0, colorType = 0, , , interlace] = chunks[0]?.data ?? [];
  const bits = depth * (CHANNELS[colorType] ?? 0);
  if (interlace && depth < 8) throw badImage(bytes, `an interlaced PNG of ${depth} bits, which is not read`);
  const wanted = packedBytes(width, height, bits, Boolean(interlace));
  const packed = concatBytes(chunks.flatMap(({ type, data }) => (type === 'IDAT' ? data : [])));
  const found = (await unpack('deflate', packed, wanted)).length;
  if (found !== wanted) throw badImage(bytes, `${found} bytes of pixels where ${wanted} belong`);

  const { decode } = await import('fast-png');
  const signature = bytes.subarray(0, 8);
  const image = decode(concatBytes([signature, ...chunks.map(({ whole }) => whole)]), { checkCrc: true });
  if (colorType === 2 && depth === 8 && !image.transparency)
    return { width, height, data: image.data as Bytes };
  return { width, height, data: rgbOf(image) };
}

function rgbOf(image: Png): Bytes {
  const { width, height, channels, depth, transparency } = image;
  const rgb = new Uint8Array(width * height * 3);
  const sample = sampleReader(image);
  const colorOf = colorReader(image);
  const one = channels === 1 && depth <= 8;
  if (depth === 8 && !one && !transparency) writeBytes(image, rgb);
  else if (one) {
    // As many colours as a sample has values: each is worked out once.
    const colors = new Int32Array(2 ** depth).fill(-1);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = sample(y, x);
        let color = colors[value] as number;
        if (color < 0) {
          const [red, green, blue] = onBlack(colorOf([value]));
          color = (red << 16) | (green << 8) | blue;
          colors[value] = color;
        }
        rgb[at++] = color >> 16;
        rgb[at++] = color >> 8;
        rgb[at++] = color;
      }
    }
  } else {
    const samples = Array.from({ length: channels }, () => 0);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 3) {
        for (let c = 0; c < channels; c++) samples[c] = sample(y, x * channels + c);
        rgb.set(onBlack(colorOf(samples)), at);
      }
    }
  }
  return rgb;
}

/** Samples of a byte, with alpha last. */
function writeBytes({ channels, data }: Png, rgb: Uint8Array): void {
  const green = channels === 2 ? 0 : 1;
  for (let at = 0, from = 0; at < rgb.length; from += channels) {
    const alpha = data[from + channels - 1] as number;
    rgb[at++] = Math.round(((data[from] as number) * alpha) / 255);
    rgb[at++] = Math.round(((data[from + green] as number) * alpha) / 255);
    rgb[at++] = Math.round(((data[from + 2 * green] as number) * alpha) / 255);
  }
}

type Color = readonly [red: number, green: number, blue: number];

function onBlack([red = 0, green = 0, blue = 0, alpha = 255]: readonly number[]): Color {
  const on = (value: number) => Math.round((value * alpha) / 255);
  return [on(red), on(green), on(blue)];
}

/** Of the rows before they are deflated, each with the byte that names its filter. */
function packedBytes(width: number, height: number, bits: number, interlaced: boolean): number {
  let bytes = 0;
  for (const [x, y, stepX, stepY] of interlaced ? PASSES : [[0, 0, 1, 1] as const]) {
    const columns = Math.ceil((width - x) / stepX);
    const rows = Math.ceil((height - y) / stepY);
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return bytes;
}

interface Png {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: number;
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly palette?: readonly (readonly number[])[];
  /** The grey or the colour that is transparent. */
  readonly transparency?: Uint16Array;
}

function sampleReader({ width, channels, depth, data }: Png): (y: number, index: number) => number {
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const largest = 2 ** depth - 1;
  return (y, index) => {
    if (depth >= 8) return data[y * width * channels + index] as number;
    const byte = data[y * rowBytes + ((index * depth) >> 3)] as number;
    return (byte >> (8 - depth - ((index * depth) & 7))) & largest;
  };
}

/** From the samples of a pixel to [red, green, blue, alpha], 0..255. */
function colorReader({ channels, depth, palette, transparency }: Png) {
  const largest = 2 ** depth - 1;
  const to8 = (value: number) => (depth === 16 ? value >> 8 : (value * 255) / largest);
  return (samples: readonly number[]): readonly number[] => {
    if (palette) {
      const color = palette[samples[0] as number];
      if (!color) throw new RangeError(`colour ${samples[0]} of a palette of ${palette.length}`);
      return color;
    }
    const isKey = transparency?.length === channels && samples.every((s, c) => s === transparency[c]);
    const [first = 0, second = 255, third = 0, fourth = 255] = samples.map(to8);
    const alpha = isKey ? 0 : channels === 2 ? second : fourth;
    return channels <= 2 ? [first, first, first, alpha] : [first, second, third, alpha];
  };
}
