// CutMix (Yun et al. 2019): a rectangle of the second image lies on the first, and labels are mixed by areas,
//
//     λ₀ ~ Beta(α, α),   rectangle: √(1 - λ₀) of either side about a uniform pixel, cut off at the image's edge,
//     λ = 1 - its area / (H·W), one a batch.

import * as v from 'valibot';
import { beta } from '../draws';
import { type Random, uniformInt } from '../random';
import type { Box } from './random-resized-crop';
import { chance, positiveSchema } from './schemas';

export interface CutMix {
  /** α; the paper: 1. */
  readonly alpha: number;
  /** Share of the batches; default 1. */
  readonly p?: number | undefined;
}

export const cutmixSchema = v.strictObject({ alpha: positiveSchema, p: v.optional(chance, 1) });

type Shape = readonly [height: number, width: number, channels: number];

export function drawCutMix(next: Random, [height, width]: Shape, { alpha }: CutMix) {
  const side = Math.sqrt(1 - beta(next, alpha));
  const [y, x] = [uniformInt(next, height), uniformInt(next, width)];
  const [down, right] = [Math.trunc(height * side) >> 1, Math.trunc(width * side) >> 1];
  const [top, left] = [Math.max(0, y - down), Math.max(0, x - right)];
  const box: Box = {
    top,
    left,
    height: Math.min(height, y + down) - top,
    width: Math.min(width, x + right) - left,
  };
  return { box, share: 1 - (box.height * box.width) / (height * width) };
}

/** Exchanges the rectangle of images a and b. */
export function swapRectangles(
  images: Float32Array,
  a: number,
  b: number,
  [height, width, channels]: Shape,
  box: Box,
): void {
  for (let y = box.top; y < box.top + box.height; y++) {
    const [inA, inB] = [a, b].map((image) => ((image * height + y) * width + box.left) * channels) as [
      number,
      number,
    ];
    for (let i = 0; i < box.width * channels; i++) {
      const kept = images[inA + i]!;
      images[inA + i] = images[inB + i]!;
      images[inB + i] = kept;
    }
  }
}
