// A contact sheet: rows of pictures side by side on one white page. The first of a row stands a little apart.

import { type ImageShape, type Normalize, type Statistics, transformImages } from '@neusim/datasets';

/** An image in bytes, [height, width, channels]. */
export interface Shown {
  readonly pixels: Uint8Array;
  readonly shape: ImageShape;
}

export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
}

/** Longest side of a picture on the sheet; small ones are shown at whole multiples of their size, up to this. */
const LARGEST = 224;
const SMALL = 128;
const GAP = 4;
const APART = 16;

/** Bytes of an image that was normalised; what lies outside 0..255 is cut off. */
export function bytesFrom(image: Float32Array, channels: number, normalize: Normalize): Uint8Array {
  const known = typeof normalize === 'object' ? normalize : undefined;
  const { mean, std } = known ?? plain(normalize === 'unit' ? 255 : 1, channels);
  return Uint8Array.from(image, (value, i) => {
    const c = i % channels;
    return Math.min(255, Math.max(0, Math.round(value * (std[c] as number) + (mean[c] as number))));
  });
}

const plain = (scale: number, channels: number): Statistics => ({
  mean: Array(channels).fill(0),
  std: Array(channels).fill(scale),
});

/** @param rows of one image at least each. @param size of a network's images, [height, width]: all are shown as large. */
export function contactSheet(rows: readonly (readonly Shown[])[], [height, width]: ImageShape): Sheet {
  const longest = Math.max(height, width);
  const times = longest <= SMALL ? Math.floor(SMALL / longest) : Math.min(1, LARGEST / longest);
  const cell = [Math.max(1, Math.round(height * times)), Math.max(1, Math.round(width * times))] as const;
  const most = Math.max(...rows.map((row) => row.length));
  const sheet = {
    width: GAP + most * (cell[1] + GAP) + (most > 1 ? APART : 0),
    height: GAP + rows.length * (cell[0] + GAP),
  };
  const pixels = new Uint8Array(sheet.width * sheet.height * 3).fill(255);
  for (const [r, row] of rows.entries())
    for (const [i, shown] of row.entries()) {
      const left = GAP + i * (cell[1] + GAP) + (i > 0 ? APART : 0);
      draw(pixels, sheet.width, GAP + r * (cell[0] + GAP), left, fitted(shown, cell));
    }
  return { ...sheet, pixels };
}

/** As large as a cell allows, its sides in proportion; whole multiples stay in squares. */
function fitted({ pixels, shape: [height, width, channels] }: Shown, cell: readonly [number, number]): Shown {
  const times = Math.min(cell[0] / height, cell[1] / width);
  const shape = [
    Math.max(1, Math.round(height * times)),
    Math.max(1, Math.round(width * times)),
    channels,
  ] as const;
  if (!Number.isInteger(times)) {
    const { images } = transformImages(pixels, [height, width, channels], { resize: [shape[0], shape[1]] });
    return { pixels: images, shape };
  }
  const large = new Uint8Array(shape[0] * shape[1] * channels);
  for (let y = 0; y < shape[0]; y++)
    for (let x = 0; x < shape[1]; x++) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * channels;
      large.set(pixels.subarray(from, from + channels), (y * shape[1] + x) * channels);
    }
  return { pixels: large, shape };
}

/** Grey for one channel or two, else the first three as RGB. */
function draw(
  sheet: Uint8Array,
  stride: number,
  top: number,
  left: number,
  { pixels, shape: [height, width, channels] }: Shown,
): void {
  const of = (c: number) => (channels < 3 ? 0 : c);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        sheet[((top + y) * stride + left + x) * 3 + c] = pixels[(y * width + x) * channels + of(c)] as number;
}
