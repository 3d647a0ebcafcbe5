// Colour jitter (Howard 2013; Szegedy et al. 2015; torchvision's ColorJitter): brightness, contrast, saturation and hue
// by random amounts, in a random order,
//
//     factor ~ U(max(0, 1 - b), 1 + b),   hue's shift ~ U(-h, h).
//
// Saturation and hue need three channels; brightness takes any number, contrast one or three.

import * as v from 'valibot';
import { between } from '../draws';
import { permutation, type Random } from '../random';
import type { ImageShape } from '../types';
import { brightness } from './brightness';
import type { ByteOp } from './byte-op';
import { contrast } from './contrast';
import { hue } from './hue';
import { saturation } from './saturation';
import { amountSchema } from './schemas';

export interface ColorJitter {
  /** b, from 0; default 0: not at all. */
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
  /** h, 0..0.5; default 0. */
  readonly hue?: number | undefined;
}

const amount = v.optional(amountSchema, 0);

export const colorJitterSchema = v.strictObject({
  brightness: amount,
  contrast: amount,
  saturation: amount,
  hue: v.optional(v.pipe(amountSchema, v.maxValue(0.5)), 0),
});

const factor = (next: Random, b: number) => between(next, [Math.max(0, 1 - b), 1 + b]);

export function colorJitterOp([, , channels]: ImageShape, options: ColorJitter): ByteOp {
  const { brightness: b = 0, contrast: c = 0, saturation: s = 0, hue: h = 0 } = options;
  return (image, next) => {
    // All are drawn, so that one more does not change the others'.
    const order = permutation(next, 4);
    const factors = [factor(next, b), factor(next, c), factor(next, s)] as const;
    const shift = between(next, [-h, h]);
    for (const which of order) {
      if (which === 0 && b > 0) brightness(image, factors[0]);
      else if (which === 1 && c > 0) contrast(image, channels, factors[1]);
      else if (which === 2 && s > 0) saturation(image, factors[2]);
      else if (which === 3 && h > 0) hue(image, shift);
    }
  };
}
