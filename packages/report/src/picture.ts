// Images as pictures of a page: shrunk where they are large, so that a report of many stays small.

import { pngDataUri } from './png';
import type { Picture } from './types';

/** Pixels of the longer side; photographs at this size are told apart, and have some 20 kB. */
const MOST = 96;

/**
 * @param pixels [height, width, channels], 0..255: grey for one channel or two, else the first three as RGB.
 * @param most pixels of the longer side.
 */
export function pictureOf(
  pixels: ArrayLike<number>,
  [height, width, channels]: readonly [height: number, width: number, channels: number],
  most = MOST,
): Picture {
  const times = Math.max(1, Math.ceil(Math.max(height, width) / most));
  const [rows, columns] = [Math.ceil(height / times), Math.ceil(width / times)];
  const shown = channels < 3 ? 1 : 3;
  const out = new Uint8Array(rows * columns * shown);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let c = 0; c < shown; c++)
        out[(y * columns + x) * shown + c] = Math.round(
          mean(
            pixels,
            width,
            channels,
            c,
            [y * times, x * times],
            [Math.min(height, (y + 1) * times), Math.min(width, (x + 1) * times)],
          ),
        );
  return { width: columns, height: rows, uri: pngDataUri(columns, rows, out) };
}

/** Of one channel over the pixels from one corner to before another. */
function mean(
  pixels: ArrayLike<number>,
  width: number,
  channels: number,
  channel: number,
  [top, left]: readonly [number, number],
  [bottom, right]: readonly [number, number],
): number {
  let sum = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) sum += pixels[(y * width + x) * channels + channel] as number;
  return sum / ((bottom - top) * (right - left));
}
