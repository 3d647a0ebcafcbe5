/**
 * Seeded arrays for tests. Values are rounded to float32, so that an oracle in float64 and an engine in float32
 * start from the same numbers.
 */
import { type NdArray, ndArray } from './oracle/array';

/** Numbers in [0, 1) from a 32-bit seed (mulberry32, Tommy Ettinger, public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform in [low, high). */
export function randomUniform(shape: readonly number[], seed: number, low = -1, high = 1): NdArray {
  const next = randomNumbers(seed);
  return filled(shape, () => low + (high - low) * next());
}

/** Normal, by Box and Muller. */
export function randomNormal(shape: readonly number[], seed: number, mean = 0, deviation = 1): NdArray {
  const next = randomNumbers(seed);
  return filled(shape, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * next());
  });
}

/** -1 or 1, each with probability one half. */
export function randomSigns(shape: readonly number[], seed: number): NdArray {
  const next = randomNumbers(seed);
  return filled(shape, () => (next() < 0.5 ? -1 : 1));
}

function filled(shape: readonly number[], value: () => number): NdArray {
  const array = ndArray(shape);
  for (let i = 0; i < array.data.length; i++) array.data[i] = Math.fround(value());
  return array;
}
