// Random resized crop (Szegedy et al. 2015, "Going deeper with convolutions", section 6; torchvision's
// RandomResizedCrop): a rectangle of a random share of the image's area and of a random ratio of its sides,
//
//     area ~ U(scale) · H·W,   log(width/height) ~ U(log ratio),   its place uniform,
//
// resized to the network's size. After ten rectangles that do not fit, the largest one in the middle. Cropping,
// resizing and flips are one resampling.

import * as v from 'valibot';
import { between, betweenLog } from '../draws';
import { type Random, uniformInt } from '../random';
import { bilinearTaps, ResampleBuffer, resample } from '../resample';
import { type Size, sizeSchema } from '../transform';
import type { ImageShape } from '../types';
import { areaSchema, rangeSchema } from './schemas';

export interface RandomResizedCrop {
  /** Of the result; default, and the only one allowed: that of the test images, which `transform` says. */
  readonly size?: Size | undefined;
  /** Share of the image's area; default [0.08, 1]. */
  readonly scale?: readonly [number, number] | undefined;
  /** Width over height; default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number] | undefined;
}

export const randomResizedCropSchema = v.strictObject({
  size: v.optional(sizeSchema),
  scale: v.optional(areaSchema, [0.08, 1]),
  ratio: v.optional(rangeSchema, [3 / 4, 4 / 3]),
});

/** A rectangle of an image. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const ATTEMPTS = 10;

export function drawBox(
  next: Random,
  [height, width]: readonly [number, number, ...unknown[]],
  { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] }: RandomResizedCrop,
): Box {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * between(next, scale);
    const aspect = betweenLog(next, ratio);
    const [h, w] = [Math.round(Math.sqrt(area / aspect)), Math.round(Math.sqrt(area * aspect))];
    if (h < 1 || h > height || w < 1 || w > width) continue;
    return {
      top: uniformInt(next, height - h + 1),
      left: uniformInt(next, width - w + 1),
      height: h,
      width: w,
    };
  }
  const aspect = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const h = Math.min(height, Math.max(1, Math.round(width / aspect)));
  const w = Math.min(width, Math.max(1, Math.round(height * aspect)));
  return { top: (height - h) >> 1, left: (width - w) >> 1, height: h, width: w };
}

/** Writes the box of image `index`, resized and flipped, to `out`. */
export type BoxWriter = (
  images: Uint8Array,
  index: number,
  box: Box,
  flips: { readonly flip: boolean; readonly flipRows?: boolean | undefined },
  out: Uint8Array,
) => void;

/** @param shape of the images. @param to what the box becomes. */
export function boxWriter([height, width, channels]: ImageShape, to: ImageShape): BoxWriter {
  const buffer = new ResampleBuffer();
  const stride = width * channels;
  return (images, index, box, { flip, flipRows = false }, out) => {
    const rows = bilinearTaps(box.height, to[0], { mirror: flipRows });
    const columns = bilinearTaps(box.width, to[1], { mirror: flip });
    const start = (index * height + box.top) * stride + box.left * channels;
    resample({ bytes: images, start, stride }, channels, rows, columns, out, buffer);
  };
}
