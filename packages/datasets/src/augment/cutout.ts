// Cutout (DeVries and Taylor 2017): squares of `size` pixels, each about a uniform pixel and cut off at the image's edge,
// become 0. After normalising: where that is by mean and deviation, 0 is the mean.

import * as v from 'valibot';
import { uniformInt } from '../random';
import type { ImageShape } from '../types';
import type { FloatOp } from './byte-op';
import { countSchema } from './schemas';

export interface Cutout {
  /** Length of a side, in pixels. */
  readonly size: number;
  /** Default 1. */
  readonly holes?: number | undefined;
}

export const cutoutSchema = v.strictObject({
  size: countSchema,
  holes: v.optional(v.pipe(countSchema, v.maxValue(100)), 1),
});

export function cutoutOp([height, width, channels]: ImageShape, { size, holes = 1 }: Cutout): FloatOp {
  const half = Math.floor(size / 2);
  return (image, next) => {
    for (let hole = 0; hole < holes; hole++) {
      const [top, left] = [uniformInt(next, height) - half, uniformInt(next, width) - half];
      const from = Math.max(0, left);
      const to = Math.min(width, left + size);
      for (let y = Math.max(0, top); y < Math.min(height, top + size); y++)
        image.fill(0, (y * width + from) * channels, (y * width + to) * channels);
    }
  };
}
