// The augmentation of the paper: pad, crop at random, flip at random. No padded image is ever made: a crop
// only says which row and column each output pixel reads.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { type Normalize, normalizeTable } from '../normalize';
import { type Random, uniformInt } from '../random';
import type { ImageShape } from '../types';

/** Pad all four sides by `pad` pixels, then crop the image's own size at a uniform place. */
export interface PadCrop {
  readonly pad: number;
  /** `mirror` (the default) repeats the edge pixel first, as tf.pad's SYMMETRIC does; `zero` is byte 0. */
  readonly mode?: 'mirror' | 'zero' | undefined;
}

/** `PadCrop` in a config. */
export const padCropSchema = v.strictObject({
  pad: v.pipe(v.number(), v.integer(), v.minValue(1)),
  mode: v.optional(v.picklist(['mirror', 'zero']), 'mirror'),
});

/** Where one image is cropped: offsets from the image itself, -pad..pad. */
export interface Crop {
  readonly down: number;
  readonly right: number;
  readonly flip: boolean;
  /** Mirror top and bottom; default false. */
  readonly flipRows?: boolean | undefined;
}

/** Draws one image's crop: down, right, left or right. */
export function drawCrop(
  next: Random,
  { padCrop, flip = false }: { readonly padCrop?: PadCrop | undefined; readonly flip?: boolean | undefined },
): Crop {
  const pad = padCrop?.pad ?? 0;
  const down = pad === 0 ? 0 : uniformInt(next, 2 * pad + 1) - pad;
  const right = pad === 0 ? 0 : uniformInt(next, 2 * pad + 1) - pad;
  return { down, right, flip: flip && uniformInt(next, 2) === 1 };
}

/** @throws NeusimError `DATASET_BAD_AUGMENT` */
export function checkPadCrop({ pad }: PadCrop, [height, width]: ImageShape): void {
  const most = Math.min(height, width);
  if (Number.isInteger(pad) && pad >= 0 && pad <= most) return;
  throw new NeusimError('DATASET_BAD_AUGMENT', `pad = ${pad}; allowed: integers from 0 to ${most}`, {
    data: { pad, height, width },
    hint: 'a side cannot be padded by more than the image has to mirror',
  });
}

/** The position, in a line of `size` pixels, that position `at` of the padded line shows; -1: nothing. */
function readAt(at: number, size: number, zero: boolean): number {
  if (at >= 0 && at < size) return at;
  if (zero) return -1;
  return at < 0 ? -1 - at : 2 * size - 1 - at;
}

/** Writes one image, cropped, to `out` from `start` on. */
export type ImageWriter<Out = Float32Array> = (index: number, crop: Crop, out: Out, start: number) => void;

/**
 * @param images [n, height, width, channels], bytes.
 * @param table [channels, 256]: what is written for each byte.
 * @param mode what lies outside the image
 */
export function cropWriter<Out extends Float32Array | Uint8Array>(
  images: Uint8Array,
  [height, width, channels]: ImageShape,
  table: Out,
  mode: PadCrop['mode'] = 'mirror',
): ImageWriter<Out> {
  const columns = new Int32Array(width);
  const zero = mode === 'zero';

  return (index, crop, out, start) => {
    for (let x = 0; x < width; x++) {
      const from = readAt((crop.flip ? width - 1 - x : x) + crop.right, width, zero);
      columns[x] = from < 0 ? -1 : from * channels;
    }
    let to = start;
    for (let y = 0; y < height; y++) {
      const row = readAt((crop.flipRows ? height - 1 - y : y) + crop.down, height, zero);
      const base = (index * height + row) * width * channels;
      for (let x = 0; x < width; x++) {
        const column = columns[x]!;
        if (row < 0 || column < 0) {
          for (let c = 0; c < channels; c++) out[to++] = table[c << 8]!;
        } else {
          for (let c = 0; c < channels; c++) out[to++] = table[(c << 8) + images[base + column + c]!]!;
        }
      }
    }
  };
}

/**
 * The same, normalised.
 * @throws NeusimError `DATASET_BAD_NORMALIZE`
 */
export function imageWriter(
  images: Uint8Array,
  shape: ImageShape,
  normalize: Normalize,
  mode?: PadCrop['mode'],
): ImageWriter {
  return cropWriter(images, shape, normalizeTable(normalize, shape[2]), mode);
}
