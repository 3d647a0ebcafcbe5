// Parts of a split: its first images, a chosen few, or a seeded division into training and test images.

import { NeusimError } from '@neusim/registry';
import { permutation, random, streams } from './random';
import type { MemorySplit, Split, StoredImages } from './types';

const pixelsOf = ({ shape }: Pick<Split, 'shape'>) => shape[0] * shape[1] * shape[2];

/** Whether all images of a split lie in memory. */
export function isInMemory(split: Split): split is MemorySplit {
  return split.images instanceof Uint8Array;
}

/** Bytes [n, height, width, channels] of the images at `indices`, in that order: a copy. */
export async function readImages(split: Split, indices: ArrayLike<number>): Promise<Uint8Array> {
  return isInMemory(split) ? copyOf(split, indices) : (split.images as StoredImages).read(indices);
}

function copyOf({ images, shape }: MemorySplit, indices: ArrayLike<number>): Uint8Array {
  const pixels = pixelsOf({ shape });
  const copy = new Uint8Array(indices.length * pixels);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * pixels;
    copy.set(images.subarray(from, from + pixels), i * pixels);
  }
  return copy;
}

/** The images at `indices`, in that order: copies where they lie in memory, else views of the same file. */
export function selectImages<S extends Split>(split: S, indices: ArrayLike<number>): S {
  const labels = Int32Array.from(indices, (index) => split.labels[index]!);
  const images: Split['images'] = isInMemory(split)
    ? copyOf(split, indices)
    : {
        read: (some) =>
          readImages(
            split,
            Int32Array.from(some, (index) => indices[index]!),
          ),
      };
  const { nameOf } = split;
  const names = nameOf && { nameOf: (index: number) => nameOf(indices[index]!) };
  return { ...split, count: indices.length, images, labels, ...names };
}

/** The first `limit` images, or the split itself where it has no more (or no limit is given). */
export function firstImages<S extends Split>(split: S, limit: number | undefined): S {
  if (limit === undefined || limit >= split.count) return split;
  const images: Split['images'] = isInMemory(split)
    ? split.images.slice(0, limit * pixelsOf(split))
    : split.images;
  return { ...split, count: limit, images, labels: split.labels.slice(0, limit) };
}

/**
 * Divides images into training and test images by a seeded shuffle (classes are not balanced on purpose: the
 * test set is a plain random sample). The same images, seed and size give the same two splits, everywhere.
 * @param test how many images to test on, 0..count
 * @throws NeusimError `DATASET_BAD_SPLIT`, `DATASET_BAD_SEED`
 */
export function splitDataset<S extends Split>(
  all: S,
  { seed, test }: { readonly seed: number; readonly test: number },
) {
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
