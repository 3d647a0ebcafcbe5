// Parts of a split: its first images, a chosen few, or a seeded division into training and test images.

import { NeusimError } from '@neusim/registry';
import { permutation, random, streams } from './random';
import type { Split } from './types';

const pixelsOf = ({ shape }: Pick<Split, 'shape'>) => shape[0] * shape[1] * shape[2];

/** The images at `indices`, in that order; copies. */
export function selectImages(split: Split, indices: ArrayLike<number>): Split {
  const pixels = pixelsOf(split);
  const images = new Uint8Array(indices.length * pixels);
  const labels = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!;
    images.set(split.images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
    labels[i] = split.labels[from]!;
  }
  return { count: indices.length, shape: split.shape, images, labels };
}

/** The first `limit` images, or the split itself where it has no more (or no limit is given). */
export function firstImages(split: Split, limit: number | undefined): Split {
  if (limit === undefined || limit >= split.count) return split;
  return {
    count: limit,
    shape: split.shape,
    images: split.images.slice(0, limit * pixelsOf(split)),
    labels: split.labels.slice(0, limit),
  };
}

/**
 * Divides images into training and test images by a seeded shuffle (classes are not balanced on purpose: the
 * test set is a plain random sample). The same images, seed and size give the same two splits, everywhere.
 * @param test how many images to test on, 0..count
 * @throws NeusimError `DATASET_BAD_SPLIT`, `DATASET_BAD_SEED`
 */
export function splitDataset(all: Split, { seed, test }: { readonly seed: number; readonly test: number }) {
  if (!Number.isInteger(test) || test < 0 || test > all.count) {
    throw new NeusimError('DATASET_BAD_SPLIT', `test = ${test}; allowed: integers from 0 to ${all.count}`, {
      data: { test, count: all.count },
      hint: 'give the number of test images, not a fraction',
    });
  }
  const order = permutation(random(seed, streams.split, 0), all.count);
  return {
    train: selectImages(all, order.subarray(test)),
    test: selectImages(all, order.subarray(0, test)),
  };
}
