// mixup (Zhang et al. 2018): images and their labels are averaged,
//
//     x = λ x₁ + (1 - λ) x₂,   y = λ y₁ + (1 - λ) y₂,   λ ~ Beta(α, α), one a batch.

import * as v from 'valibot';
import { beta } from '../draws';
import type { Random } from '../random';
import { chance, positiveSchema } from './schemas';

export interface Mixup {
  /** α: the smaller, the nearer λ is to 0 or 1. The paper: 0.2 on ImageNet, 1 on CIFAR. */
  readonly alpha: number;
  /** Share of the batches; default 1. */
  readonly p?: number | undefined;
}

export const mixupSchema = v.strictObject({ alpha: positiveSchema, p: v.optional(chance, 1) });

export const drawMixup = (next: Random, { alpha }: Mixup): number => beta(next, alpha);

/** Mixes the `pixels` values from a on with those from b on, each into the other. */
export function mixPair(images: Float32Array, a: number, b: number, pixels: number, share: number): void {
  for (let i = 0; i < pixels; i++) {
    const [first, second] = [images[a + i]!, images[b + i]!];
    images[a + i] = share * first + (1 - share) * second;
    images[b + i] = share * second + (1 - share) * first;
  }
}
