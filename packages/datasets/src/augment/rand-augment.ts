// RandAugment (Cubuk et al. 2020): n operations, each uniformly one of the paper's fourteen, all at magnitude m, with
// torchvision's ranges for it (share = m / 30):
//
//     identity                                shear x, y: ± 0.3 · share            translate x, y: ± 150/331 · share of the side
//     rotate: ± 30° · share                   brightness, color, contrast, sharpness: factor 1 ± 0.9 · share
//     posterize: to 8 - m/7.5 bits, rounded   solarize: from 255 · (1 - share)     autocontrast, equalize
//
// For images of one channel (color is the identity there, as in Pillow) and of three.

import * as v from 'valibot';
import { normal } from '../draws';
import { type Random, uniformInt } from '../random';
import type { ImageShape } from '../types';
import { type Interpolation, interpolationSchema, type Motion, readingMatrix, sampler } from './affine';
import { autoContrast } from './auto-contrast';
import { brightness } from './brightness';
import { type ByteOp, bytesOf } from './byte-op';
import { contrast } from './contrast';
import { equalize } from './equalize';
import { posterize } from './posterize';
import { saturation } from './saturation';
import { amountSchema, countSchema } from './schemas';
import { sharpness } from './sharpness';
import { solarize } from './solarize';

export interface RandAugment {
  /** Operations an image; default 2. */
  readonly n?: number | undefined;
  /** Magnitude, 0..30; default 9. */
  readonly m?: number | undefined;
  /** Of a normal distribution about m, cut off at 0 and 30, drawn for each operation; default 0: always m. */
  readonly std?: number | undefined;
  /** Of shear, translate and rotate; default `nearest`, as torchvision. */
  readonly interpolation?: Interpolation | undefined;
}

const MOST = 30;

export const randAugmentSchema = v.strictObject({
  n: v.optional(v.pipe(countSchema, v.maxValue(14)), 2),
  m: v.optional(v.pipe(amountSchema, v.maxValue(MOST)), 9),
  std: v.optional(amountSchema, 0),
  interpolation: v.optional(interpolationSchema, 'nearest'),
});

/** @param m 0..30. @param sign 1 or -1. */
export type Operation = (image: Uint8Array, m: number, sign: number) => void;

const degrees = (slope: number) => (Math.atan(slope) * 180) / Math.PI;

/** The fourteen, in the paper's order, for images of a shape. */
export function randAugmentOperations(
  shape: ImageShape,
  interpolation: Interpolation,
): Readonly<Record<string, Operation>> {
  const [height, width, channels] = shape;
  const before = new Uint8Array(bytesOf(shape));
  const sample = sampler(shape, interpolation);
  const moved = (motion: (amount: number) => Motion, most: number): Operation => {
    return (image, m, sign) => {
      before.set(image);
      sample(before, readingMatrix(motion((sign * most * m) / MOST)), image);
    };
  };
  const factor = (m: number, sign: number) => 1 + (sign * 0.9 * m) / MOST;
  const center = [width / 2, height / 2] as const;
  return {
    identity: () => {},
    autoContrast: (image) => autoContrast(image, channels),
    equalize: (image) => equalize(image, channels),
    // Pillow turns against the clock.
    rotate: moved((angle) => ({ angle: -angle, center }), 30),
    solarize: (image, m) => solarize(image, 255 * (1 - m / MOST)),
    color: (image, m, sign) => {
      if (channels === 3) saturation(image, factor(m, sign));
    },
    posterize: (image, m) => posterize(image, 8 - Math.round(m / 7.5)),
    contrast: (image, m, sign) => contrast(image, channels, factor(m, sign)),
    brightness: (image, m, sign) => brightness(image, factor(m, sign)),
    sharpness: (image, m, sign) => sharpness(image, shape, factor(m, sign), before),
    shearX: moved((slope) => ({ shear: [degrees(slope), 0], center: [0, 0] }), 0.3),
    shearY: moved((slope) => ({ shear: [0, degrees(slope)], center: [0, 0] }), 0.3),
    translateX: moved((by) => ({ translate: [Math.trunc(by), 0], center }), (150 / 331) * width),
    translateY: moved((by) => ({ translate: [0, Math.trunc(by)], center }), (150 / 331) * height),
  };
}

export function randAugmentOp(
  shape: ImageShape,
  { n = 2, m = 9, std = 0, interpolation = 'nearest' }: RandAugment,
): ByteOp {
  const operations = Object.values(randAugmentOperations(shape, interpolation));
  return (image, next) => {
    for (let i = 0; i < n; i++) {
      const { which, magnitude, sign } = drawOperation(next, operations.length, m, std);
      operations[which]!(image, magnitude, sign);
    }
  };
}

/** Which of `count` operations, how strong, and to which side. */
export function drawOperation(next: Random, count: number, m: number, std: number) {
  const which = uniformInt(next, count);
  const magnitude = Math.min(MOST, Math.max(0, m + std * normal(next)));
  return { which, magnitude, sign: uniformInt(next, 2) === 1 ? 1 : -1 };
}
