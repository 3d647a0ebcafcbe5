// Batches without a state: the batch of global step s depends on the seed and on s alone, so a run that was
// killed goes on with the very same images once it knows its step. An epoch is one seeded permutation of the
// split; what happens to an image is drawn from generators of (step, operation, place in the batch), crops and flips from
// one of the step.

import { NeusimError } from '@neusim/registry';
import { type Augment, inputShapeOf } from './augment';
import { drawMix, type Mix, type Mixed, mixBatch } from './augment/mix';
import { type Crop, drawCrop } from './augment/pad-crop';
import { createPipeline } from './augment/pipeline';
import type { Normalize } from './normalize';
import { permutation, random, type Stream, streams } from './random';
import { readImages } from './split';
import type { Transform } from './transform';
import type { ImageShape, Split } from './types';

/** Images and labels of one step. */
export interface Batch {
  readonly count: number;
  /** [count, height, width, channels] */
  readonly shape: [number, number, number, number];
  readonly images: Float32Array;
  readonly labels: Int32Array;
  /** The second labels, where mixup or cutmix have mixed the batch's images. */
  readonly mixed?: Mixed | undefined;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** An integer, 0..2^53 - 1. */
  readonly seed: number;
  /** A new order for every epoch; default true. */
  readonly shuffle?: boolean | undefined;
  /** Default: images as they are stored. */
  readonly transform?: Transform | undefined;
  /** Default: none. */
  readonly augment?: Augment | undefined;
  /** Default `none`: 0..255. */
  readonly normalize?: Normalize | undefined;
  /** Leave out the last images of an epoch where they do not fill a batch; default true. */
  readonly dropLast?: boolean | undefined;
}

function badBatch(message: string, data: Record<string, unknown>, hint: string) {
  return new NeusimError('DATASET_BAD_BATCH', message, { data, hint });
}

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    const message = `batchSize = ${batchSize}; allowed: integers from 1`;
    throw badBatch(message, { batchSize }, 'give the number of images in a batch');
  }
}

/** What has an order: images are not looked at. */
type Counted = Pick<Split, 'count'>;

/**
 * Steps (batches) in one epoch.
 * @throws NeusimError `DATASET_BAD_BATCH` where there is none
 */
export function stepsPerEpoch(
  split: Counted,
  { batchSize, dropLast = true }: Pick<BatchOptions, 'batchSize' | 'dropLast'>,
): number {
  checkBatchSize(batchSize);
  const steps = dropLast ? Math.floor(split.count / batchSize) : Math.ceil(split.count / batchSize);
  if (steps > 0) return steps;
  throw badBatch(
    `${split.count} images do not fill a batch of ${batchSize}`,
    { batchSize, count: split.count },
    'make the batch smaller, or set dropLast to false',
  );
}

interface EpochOrder {
  readonly seed: number;
  readonly epoch: number;
  readonly order: Uint32Array;
}

/** The last order of each split: a step needs no new permutation, and it goes when the split goes. */
const lastOrders = /* @__PURE__ */ new WeakMap<Counted, EpochOrder>();

export function epochOrder(split: Counted, seed: number, epoch: number): Uint32Array {
  const last = lastOrders.get(split);
  if (last && last.seed === seed && last.epoch === epoch) return last.order;
  const order = permutation(random(seed, streams.order, epoch), split.count);
  lastOrders.set(split, { seed, epoch, order });
  return order;
}

/**
 * Indices of the images of global step `step` (0, 1, … through all epochs): those of `trainingBatch`.
 * @throws NeusimError `DATASET_BAD_BATCH`, `DATASET_BAD_SEED`
 */
export function batchIndices(
  split: Counted,
  step: number,
  options: Pick<BatchOptions, 'batchSize' | 'seed' | 'shuffle' | 'dropLast'>,
): Uint32Array {
  const { batchSize, seed, shuffle = true } = options;
  const steps = stepsPerEpoch(split, options);
  if (!Number.isInteger(step) || step < 0 || step >= 2 ** 32) {
    throw badBatch(`step = ${step}; allowed: integers from 0`, { step }, 'count steps from 0');
  }
  const epoch = Math.floor(step / steps);
  const first = (step - epoch * steps) * batchSize;
  const order = shuffle ? epochOrder(split, seed, epoch) : undefined;
  const length = Math.min(batchSize, split.count - first);
  return Uint32Array.from({ length }, (_, i) => (order ? order[first + i]! : first + i));
}

/** What a step trains on: which images, and what is drawn for them together. */
export interface StepPlan {
  readonly step: number;
  readonly indices: Uint32Array;
  /** Of each image; null: none is augmented. */
  readonly crops: readonly Crop[] | null;
  readonly mix: Mix | undefined;
  /** Of an image as the network gets it. */
  readonly shape: ImageShape;
}

/** Errors as `trainingBatch`. */
export function planStep(split: Split, step: number, options: BatchOptions): StepPlan {
  const { seed, transform, augment } = options;
  const indices = batchIndices(split, step, options);
  const shape = inputShapeOf(split.shape, transform, augment);
  const next = random(seed, streams.augment, step);
  const crops = augment ? Array.from(indices, () => drawCrop(next, augment)) : null;
  return { step, indices, crops, mix: augment && drawMix(seed, step, augment, shape), shape };
}

/** A plan's images at the given places of its batch, not mixed yet: [places, height, width, channels]. */
export async function renderImages(
  split: Split,
  { step, indices, crops }: StepPlan,
  places: ArrayLike<number>,
  options: BatchOptions,
): Promise<Float32Array> {
  const chosen = Uint32Array.from(places, (place) => indices[place]!);
  const pipeline = createPipeline(await readImages(split, chosen), split.shape, options);
  const [height, width, channels] = pipeline.shape;
  const pixels = height * width * channels;
  const images = new Float32Array(chosen.length * pixels);
  for (const [i, place] of Array.from(places).entries()) {
    const draws = crops && ((stream: Stream) => random(options.seed, stream, step, place));
    pipeline.write(i, crops?.[place] ?? null, draws, images, i * pixels);
  }
  return images;
}

/**
 * The batch of global step `step` (0, 1, … through all epochs).
 * @throws NeusimError `DATASET_BAD_BATCH`, `DATASET_BAD_SEED`, `DATASET_BAD_TRANSFORM`, `DATASET_BAD_AUGMENT`,
 *   `DATASET_BAD_NORMALIZE`
 */
export async function trainingBatch(split: Split, step: number, options: BatchOptions): Promise<Batch> {
  const plan = planStep(split, step, options);
  const { indices, mix, shape } = plan;
  const count = indices.length;
  const images = await renderImages(split, plan, [...indices.keys()], options);
  const labels = labelsAt(split, indices);
  const mixed = mix && mixBatch(mix, images, labels);
  return { count, shape: [count, ...shape], images, labels, ...(mixed && { mixed }) };
}

const labelsAt = (split: Split, indices: Uint32Array) =>
  Int32Array.from(indices, (index) => split.labels[index]!);

/** All batches of one epoch: those of steps `epoch * stepsPerEpoch` and on. Errors as `trainingBatch`. */
export function* batches(
  split: Split,
  options: BatchOptions & { readonly epoch: number },
): Generator<Promise<Batch>> {
  const steps = stepsPerEpoch(split, options);
  for (let i = 0; i < steps; i++) yield trainingBatch(split, options.epoch * steps + i, options);
}

/**
 * One exact pass in the split's own order, without augmentation; the last batch may be smaller. Read it by `for await`.
 * @throws NeusimError `DATASET_BAD_BATCH`, `DATASET_BAD_TRANSFORM`, `DATASET_BAD_NORMALIZE`
 */
export function* evaluationBatches(
  split: Split,
  batchSize: number,
  normalize: Normalize = 'none',
  transform?: Transform,
): Generator<Promise<Batch>> {
  checkBatchSize(batchSize);
  for (let first = 0; first < split.count; first += batchSize) {
    const length = Math.min(batchSize, split.count - first);
    yield evaluationBatch(
      split,
      Uint32Array.from({ length }, (_, i) => first + i),
      { normalize, transform },
    );
  }
}

async function evaluationBatch(
  split: Split,
  indices: Uint32Array,
  options: Pick<BatchOptions, 'normalize' | 'transform'>,
): Promise<Batch> {
  const { shape, write } = createPipeline(await readImages(split, indices), split.shape, options);
  const count = indices.length;
  const pixels = shape[0] * shape[1] * shape[2];
  const images = new Float32Array(count * pixels);
  for (let i = 0; i < count; i++) write(i, null, null, images, i * pixels);
  return { count, shape: [count, ...shape], images, labels: labelsAt(split, indices) };
}
