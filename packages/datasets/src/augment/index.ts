// The augmentations of training images, in the fixed order in which they are applied. Each has random numbers of its own,
// from (seed, operation, step, place in the batch): one more does not change what the others draw. padCrop and flip
// alone share a generator of the step, as they always did.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { about } from '../options';
import { pairOf, type Transform, transformedShape } from '../transform';
import type { ImageShape } from '../types';
import { type Affine, affineSchema } from './affine';
import { type ColorJitter, colorJitterSchema } from './color-jitter';
import { type CutMix, cutmixSchema } from './cutmix';
import { type Cutout, cutoutSchema } from './cutout';
import { type Grayscale, grayscaleSchema } from './grayscale';
import { type Mixup, mixupSchema } from './mixup';
import { checkPadCrop, type PadCrop, padCropSchema } from './pad-crop';
import { type RandAugment, randAugmentSchema } from './rand-augment';
import { type RandomErasing, randomErasingSchema } from './random-erasing';
import { type RandomResizedCrop, randomResizedCropSchema } from './random-resized-crop';

export interface Augment {
  /** Of the image as `transform` made it; before a `randomResizedCrop`, of the image as it is stored. */
  readonly padCrop?: PadCrop | undefined;
  /** In place of `transform`: a part of the image as it is stored, resized to what `transform` gives test images. */
  readonly randomResizedCrop?: RandomResizedCrop | undefined;
  /** Mirror left and right, for every second image by chance. */
  readonly flip?: boolean | undefined;
  /** Mirror top and bottom, for every second image by chance. */
  readonly verticalFlip?: boolean | undefined;
  readonly affine?: Affine | undefined;
  readonly randAugment?: RandAugment | undefined;
  readonly colorJitter?: ColorJitter | undefined;
  readonly grayscale?: Grayscale | undefined;
  /** After normalising, as all that follow. */
  readonly cutout?: Cutout | undefined;
  readonly randomErasing?: RandomErasing | undefined;
  readonly mixup?: Mixup | undefined;
  readonly cutmix?: CutMix | undefined;
}

/** `Augment` in a config. */
export const augmentSchema = v.strictObject({
  padCrop: v.optional(padCropSchema),
  randomResizedCrop: v.optional(randomResizedCropSchema),
  flip: v.optional(about('mirror left and right, every second image', v.boolean()), false),
  verticalFlip: v.optional(about('mirror top and bottom, every second image', v.boolean())),
  affine: v.optional(affineSchema),
  randAugment: v.optional(randAugmentSchema),
  colorJitter: v.optional(colorJitterSchema),
  grayscale: v.optional(grayscaleSchema),
  cutout: v.optional(cutoutSchema),
  randomErasing: v.optional(randomErasingSchema),
  mixup: v.optional(mixupSchema),
  cutmix: v.optional(cutmixSchema),
});

/** Whether batches may come mixed: steps then have a second label for every image. */
export const isMixing = ({ mixup, cutmix }: Augment = {}): boolean =>
  mixup !== undefined || cutmix !== undefined;

/**
 * What a network gets: the shape of a data set's images after `transform`, in training and in tests.
 * @throws NeusimError `DATASET_BAD_TRANSFORM`, and `DATASET_BAD_AUGMENT` for an augmentation that these images cannot have
 */
export function inputShapeOf(shape: ImageShape, transform?: Transform, augment: Augment = {}): ImageShape {
  const to = transformedShape(shape, transform);
  checkAugment(augment, shape, to);
  return to;
}

/** @param stored shape of the images as they are. @param to as the network sees them. */
function checkAugment(augment: Augment, stored: ImageShape, to: ImageShape): void {
  const { padCrop, randomResizedCrop, colorJitter, grayscale, randAugment } = augment;
  if (padCrop) checkPadCrop(padCrop, randomResizedCrop ? stored : to);
  const size = randomResizedCrop?.size;
  if (size !== undefined && String(pairOf(size)) !== String(to.slice(0, 2)))
    throw bad(
      `randomResizedCrop.size is ${size}, but test images are ${to[0]}×${to[1]}`,
      { size, test: to },
      `leave it out, or give test images that size: transform: { resize: ${JSON.stringify(size)}, centerCrop: ${JSON.stringify(size)} }`,
    );
  const channels = to[2];
  const wants = (name: string, wanted: readonly number[]) => {
    if (wanted.includes(channels)) return;
    throw bad(
      `${name} takes images of ${wanted.join(' or ')} channels, and these have ${channels}`,
      { operation: name, channels, wanted },
      `leave ${name} out`,
    );
  };
  if (colorJitter?.saturation) wants('colorJitter.saturation', [3]);
  if (colorJitter?.hue) wants('colorJitter.hue', [3]);
  if (colorJitter?.contrast) wants('colorJitter.contrast', [1, 3]);
  if (grayscale) wants('grayscale', [3]);
  if (randAugment) wants('randAugment', [1, 3]);
}

function bad(message: string, data: Record<string, unknown>, hint: string) {
  return new NeusimError('DATASET_BAD_AUGMENT', message, { data, hint });
}
