// Random erasing (Zhong et al. 2020; torchvision's RandomErasing): with probability p a rectangle
//
//     area ~ U(scale) · H·W,   log(height/width) ~ U(log ratio),   its place uniform,
//
// becomes 0, or noise. After normalising, as torchvision: noise is standard normal then; without mean and deviation it is
// uniform over the scale, 0..255 (`none`) or 0..1 (`unit`). After ten rectangles that do not fit, none.

import * as v from 'valibot';
import { between, betweenLog, normal, uniform } from '../draws';
import type { Normalize } from '../normalize';
import { type Random, uniformInt } from '../random';
import type { ImageShape } from '../types';
import type { FloatOp } from './byte-op';
import { areaSchema, chance, rangeSchema } from './schemas';

export interface RandomErasing {
  /** Default 0.5. */
  readonly p?: number | undefined;
  /** Share of the image's area; default [0.02, 0.33]. */
  readonly scale?: readonly [number, number] | undefined;
  /** Height over width; default [0.3, 3.3]. */
  readonly ratio?: readonly [number, number] | undefined;
  /** Default `zero`. */
  readonly value?: 'zero' | 'random' | undefined;
}

export const randomErasingSchema = v.strictObject({
  p: v.optional(chance, 0.5),
  scale: v.optional(areaSchema, [0.02, 0.33]),
  ratio: v.optional(rangeSchema, [0.3, 3.3]),
  value: v.optional(v.picklist(['zero', 'random']), 'zero'),
});

const ATTEMPTS = 10;

const noise = (normalize: Normalize): ((next: Random) => number) =>
  normalize === 'none' ? (next) => 255 * uniform(next) : normalize === 'unit' ? uniform : normal;

export function randomErasingOp(
  [height, width, channels]: ImageShape,
  { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 'zero' }: RandomErasing,
  normalize: Normalize,
): FloatOp {
  const fresh = value === 'random' ? noise(normalize) : null;
  return (image, next) => {
    if (uniform(next) >= p) return;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = height * width * between(next, scale);
      const aspect = betweenLog(next, ratio);
      const [h, w] = [Math.round(Math.sqrt(area * aspect)), Math.round(Math.sqrt(area / aspect))];
      if (h >= height || w >= width) continue;
      const [top, left] = [uniformInt(next, height - h + 1), uniformInt(next, width - w + 1)];
      for (let y = top; y < top + h; y++) {
        const from = (y * width + left) * channels;
        const to = from + w * channels;
        if (fresh) for (let i = from; i < to; i++) image[i] = fresh(next);
        else image.fill(0, from, to);
      }
      return;
    }
  };
}
