// One image as a run trains on it, epoch by epoch: for looking at what augmentation does. The very images of the run's
// batches, without rendering all of those.

import { partnerOf } from './augment/mix';
import { type BatchOptions, epochOrder, planStep, renderImages, stepsPerEpoch } from './batches';
import type { ImageShape, Split } from './types';

/** An image as one step trains on it. */
export interface Draw {
  readonly step: number;
  /** Its place in the batch. */
  readonly place: number;
  /** [height, width, channels], normalised and mixed. */
  readonly image: Float32Array;
  /** What it is mixed with: the second image's label, and the share of the first, 0..1. */
  readonly mixed?: { readonly label: number; readonly share: number } | undefined;
}

export interface TrainingDraws {
  readonly shape: ImageShape;
  readonly draws: readonly Draw[];
}

/**
 * Image `index` of the split, `count` times: as in each of the first epochs that have it (the rest of an epoch, where it
 * does not fill a batch, is left out of that).
 * @throws NeusimError as `trainingBatch`
 */
export async function trainingDraws(
  split: Split,
  index: number,
  count: number,
  options: BatchOptions,
): Promise<TrainingDraws> {
  const { batchSize, seed, shuffle = true } = options;
  const steps = stepsPerEpoch(split, options);
  const draws: Draw[] = [];
  let shape = split.shape;
  // At least one in two epochs has it, on average; more than so many without it are none to wait for.
  for (let epoch = 0; draws.length < count && epoch < 4 * count + 16; epoch++) {
    const at = shuffle ? epochOrder(split, seed, epoch).indexOf(index) : index;
    const place = at % batchSize;
    const step = epoch * steps + (at - place) / batchSize;
    if (step >= (epoch + 1) * steps) continue;
    const plan = planStep(split, step, options);
    shape = plan.shape;
    const length = plan.indices.length;
    const partner = partnerOf(place, length);
    const images = await renderImages(split, plan, plan.mix ? [place, partner] : [place], options);
    const image = images.subarray(0, shape[0] * shape[1] * shape[2]);
    if (plan.mix && partner !== place) plan.mix.apply(images, 0, 1);
    const label = split.labels[plan.indices[partner]!]!;
    draws.push({ step, place, image, ...(plan.mix && { mixed: { label, share: plan.mix.share } }) });
  }
  return { shape, draws };
}
