/** Seeded values, and the numbers that shapes are made of. */
import { type NdArray, randomUniform } from '@neusim/testing';
import fc from 'fast-check';

/** Uniform in [-1, 1), as float32. */
export function values(shape: readonly number[], seed: number): NdArray {
  return randomUniform(shape, seed);
}

/** Multiples of 1/2 in [-3/2, 3/2]: many are equal, and many 0. */
export function steps(shape: readonly number[], seed: number): NdArray {
  const array = values(shape, seed);
  return { shape: array.shape, data: array.data.map((value) => Math.round(3 * value) / 2) };
}

export function zeros(length: number): Float64Array {
  return new Float64Array(length);
}

export const size = (least: number, most: number) => fc.integer({ min: least, max: most });
/** Half of them whole vectors: the kernels go other ways for these. */
export const channels = fc.oneof(size(1, 13), fc.constantFrom(4, 8, 12));
export const flag = fc.boolean();
export const seed = fc.nat(1000);
