// Batches without a state: the batch of global step s depends on the seed and on s alone, so a run that was
// killed goes on with the very same images once it knows its step. An epoch is one seeded permutation of the
// split; the crops and flips of a step are drawn from a generator of that step.

import { NeusimError } from '@neusim/registry';
import { type Augment, type Crop, checkAugment, drawCrop, imageWriter, type PadCrop } from './augment';
import type { Normalize } from './normalize';
import { permutation, random, streams } from './random';
import { readImages } from './split';
import type { Split } from './types';

/** Images and labels of one step. */
export interface Batch {
  readonly count: number;
  /** [count, height, width, channels] */
  readonly shape: [number, number, number, number];
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** An integer, 0..2^53 - 1. */
  readonly seed: number;
  /** A new order for every epoch; default true. */
  readonly shuffle?: boolean | undefined;
  /** Default: none. */
  readonly augment?: Augment | undefined;
  /** Default `none`: 0..255. */
  readonly normalize?: Normalize | undefined;
  /** Leave out the last images of an epoch where they do not fill a batch; default true. */
  readonly dropLast?: boolean | undefined;
}

const noCrop: Crop = { down: 0, right: 0, flip: false };

function badBatch(message: string, data: Record<string, unknown>, hint: string) {
  return new NeusimError('DATASET_BAD_BATCH', message, { data, hint });
}

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    const message = `batchSize = ${batchSize}; allowed: integers from 1`;
    throw badBatch(message, { batchSize }, 'give the number of images in a batch');
  }
}

/**
 * Steps (batches) in one epoch.
 * @throws NeusimError `DATASET_BAD_BATCH` where there is none
 */
export function stepsPerEpoch(
  split: Split,
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
const lastOrders = /* @__PURE__ */ new WeakMap<Split, EpochOrder>();

function epochOrder(split: Split, seed: number, epoch: number): Uint32Array {
  const last = lastOrders.get(split);
  if (last && last.seed === seed && last.epoch === epoch) return last.order;
  const order = permutation(random(seed, streams.order, epoch), split.count);
  lastOrders.set(split, { seed, epoch, order });
  return order;
}

/**
 * The batch of global step `step` (0, 1, … through all epochs).
 * @throws NeusimError `DATASET_BAD_BATCH`, `DATASET_BAD_SEED`, `DATASET_BAD_AUGMENT`, `DATASET_BAD_NORMALIZE`
 */
export async function trainingBatch(split: Split, step: number, options: BatchOptions): Promise<Batch> {
  const { batchSize, seed, shuffle = true, augment, normalize = 'none' } = options;
  const steps = stepsPerEpoch(split, options);
  if (!Number.isInteger(step) || step < 0 || step >= 2 ** 32) {
    throw badBatch(`step = ${step}; allowed: integers from 0`, { step }, 'count steps from 0');
  }
  if (augment) checkAugment(augment, split.shape);
  const epoch = Math.floor(step / steps);
  const first = (step - epoch * steps) * batchSize;
  const order = shuffle ? epochOrder(split, seed, epoch) : undefined;
  const length = Math.min(batchSize, split.count - first);
  const indices = Uint32Array.from({ length }, (_, i) => (order ? order[first + i]! : first + i));
  const next = random(seed, streams.augment, step);
  const crops = Array.from(indices, () => (augment ? drawCrop(next, augment) : noCrop));
  return gather(split, indices, normalize, crops, augment?.padCrop?.mode);
}

/** Reads images and writes them as the network sees them. */
async function gather(
  split: Split,
  indices: Uint32Array,
  normalize: Normalize,
  crops: readonly Crop[] = [],
  mode?: PadCrop['mode'],
): Promise<Batch> {
  const [height, width, channels] = split.shape;
  const count = indices.length;
  const pixels = height * width * channels;
  const images = new Float32Array(count * pixels);
  const write = imageWriter(await readImages(split, indices), split.shape, normalize, mode);
  for (let i = 0; i < count; i++) write(i, crops[i] ?? noCrop, images, i * pixels);
  const labels = Int32Array.from(indices, (index) => split.labels[index]!);
  return { count, shape: [count, height, width, channels], images, labels };
}

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
 * @throws NeusimError `DATASET_BAD_BATCH`, `DATASET_BAD_NORMALIZE`
 */
export function* evaluationBatches(
  split: Split,
  batchSize: number,
  normalize: Normalize = 'none',
): Generator<Promise<Batch>> {
  checkBatchSize(batchSize);
  for (let first = 0; first < split.count; first += batchSize) {
    const length = Math.min(batchSize, split.count - first);
    yield gather(
      split,
      Uint32Array.from({ length }, (_, i) => first + i),
      normalize,
    );
  }
}
