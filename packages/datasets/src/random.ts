// Seeded random numbers without a state to save: a generator is made anew from (seed, stream, index), so what
// it gives depends on these alone.
//
// sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes PractRand and BigCrush.

import { NeusimError } from '@neusim/registry';

/** Gives 32 random bits as an integer, 0..2^32 - 1. */
export type Random = () => number;

/** What the numbers are for: streams of one seed are independent of each other. */
export const streams = {
  split: 1,
  order: 2,
  augment: 3,
  randomResizedCrop: 4,
  verticalFlip: 5,
  affine: 6,
  randAugment: 7,
  colorJitter: 8,
  grayscale: 9,
  cutout: 10,
  randomErasing: 11,
  mix: 12,
  episode: 20,
  episodeImages: 21,
  classes: 22,
  headStart: 40,
  adaptationOrder: 41,
  supportOrder: 45,
  auxiliaryStep: 50,
  taskDraws: 51,
  episodeFit: 60,
} as const;

export type Stream = (typeof streams)[keyof typeof streams];

/**
 * @param seed an integer, 0..2^53 - 1
 * @param stream one of `streams`
 * @param index an integer, 0..2^32 - 1: the epoch, or the step
 * @param part an integer, 0..2^32 - 1: the image's place in its batch; default 0
 * @throws NeusimError `DATASET_BAD_SEED`
 */
export function random(seed: number, stream: number, index: number, part = 0): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new NeusimError('DATASET_BAD_SEED', `seed ${seed}; allowed: integers from 0 to 2^53 - 1`, {
      data: { seed },
      hint: 'give a non-negative integer',
    });
  }
  let a = seed | 0;
  // The seed's upper half has 21 bits; the stream takes the byte above them.
  let b = Math.floor(seed / 2 ** 32) | (stream << 24);
  let c = index | 0;
  let counter = (1 + part) | 0;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
}

/** A uniform integer, 0..n - 1, without modulo bias; n from 1 to 2^32. */
export function uniformInt(next: Random, n: number): number {
  const fair = 2 ** 32 - (2 ** 32 % n);
  let bits = next();
  while (bits >= fair) bits = next();
  return bits % n;
}

/** A uniform permutation of 0..n - 1 (Fisher–Yates). */
export function permutation(next: Random, n: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(next, i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
