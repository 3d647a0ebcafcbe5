// Two images in one, batch by batch: what mixup and cutmix share. Image i is mixed with image count - 1 - i, as timm does:
// the batch's order is random already. The middle one of an odd batch is mixed with itself. With both given, either is
// drawn for each batch by chance.

import { uniform } from '../draws';
import { type Random, random, streams, uniformInt } from '../random';
import { type CutMix, drawCutMix, swapRectangles } from './cutmix';
import { drawMixup, type Mixup, mixPair } from './mixup';

/** The second images of a mixed batch. */
export interface Mixed {
  /** [count], of the second images. */
  readonly labels: Int32Array;
  /** λ of the first images, 0..1: the loss is λ·CE(labels) + (1 - λ)·CE(mixed.labels). */
  readonly share: number;
}

/** What a batch is mixed by. */
export interface Mix {
  /** λ. */
  readonly share: number;
  /** Mixes images a and b of a batch, [count, height, width, channels], each into the other. */
  apply(images: Float32Array, a: number, b: number): void;
}

export interface MixOptions {
  readonly mixup?: Mixup | undefined;
  readonly cutmix?: CutMix | undefined;
}

type Shape = readonly [height: number, width: number, channels: number];

/** What step `step` mixes by; undefined: nothing. */
export function drawMix(
  seed: number,
  step: number,
  { mixup, cutmix }: MixOptions,
  shape: Shape,
): Mix | undefined {
  if (!mixup && !cutmix) return undefined;
  const next = random(seed, streams.mix, step);
  const second = mixup && cutmix ? uniformInt(next, 2) === 1 : !mixup;
  const chosen = second ? cutmix : mixup;
  if (uniform(next) >= (chosen?.p ?? 1)) return undefined;
  return second ? cutmixBy(next, cutmix as CutMix, shape) : mixupBy(next, mixup as Mixup, shape);
}

function mixupBy(next: Random, options: Mixup, [height, width, channels]: Shape): Mix {
  const share = drawMixup(next, options);
  const pixels = height * width * channels;
  return { share, apply: (images, a, b) => mixPair(images, a * pixels, b * pixels, pixels, share) };
}

function cutmixBy(next: Random, options: CutMix, shape: Shape): Mix {
  const { box, share } = drawCutMix(next, shape, options);
  return { share, apply: (images, a, b) => swapRectangles(images, a, b, shape, box) };
}

/** The image that image `place` of a batch is mixed with. */
export const partnerOf = (place: number, count: number) => count - 1 - place;

/** Mixes a whole batch in place, and says what came to what. */
export function mixBatch(mix: Mix, images: Float32Array, labels: Int32Array): Mixed {
  const count = labels.length;
  for (let i = 0; i < count >> 1; i++) mix.apply(images, i, partnerOf(i, count));
  return { labels: labels.slice().reverse(), share: mix.share };
}
