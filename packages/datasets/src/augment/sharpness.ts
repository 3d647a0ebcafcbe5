// Sharpness as Pillow's ImageEnhance has it: the image, blended with a smooth copy of itself,
//
//     out = smooth + factor · (in - smooth),   smooth = in * [1 1 1; 1 5 1; 1 1 1] / 13,
//
// the outermost pixels staying as they are. 0: smooth; 1: the image.

import type { ImageShape } from '../types';
import { blend } from './byte-op';

/** @param before memory of the image's size */
export function sharpness(
  image: Uint8Array,
  [height, width, channels]: ImageShape,
  factor: number,
  before: Uint8Array,
): void {
  before.set(image);
  const f = Math.fround(factor);
  const line = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * line + channels; i < (y + 1) * line - channels; i++) {
      const [up, down] = [i - line, i + line];
      const around =
        before[up - channels]! +
        before[up]! +
        before[up + channels]! +
        before[i - channels]! +
        before[i + channels]! +
        before[down - channels]! +
        before[down]! +
        before[down + channels]!;
      const smooth = ((around + 5 * before[i]!) / 13 + 0.5) | 0;
      image[i] = blend(smooth, before[i]!, f);
    }
  }
}
