/** Copies a block of one array into another, both row-major: what slicing, splitting and padding have in common. */
import { util } from '@tensorflow/tfjs-core';

type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Below this length a loop is faster than a call of `set`. */
const SHORT = 24;

/**
 * Copies the block of `size` at `fromBegin` of an array shaped `fromShape` to `toBegin` of one shaped `toShape`, in
 * the longest runs that are contiguous in both. All shapes have the same rank.
 */
export function copyBlock(
  from: TypedArray,
  fromShape: readonly number[],
  fromBegin: readonly number[],
  to: TypedArray,
  toShape: readonly number[],
  toBegin: readonly number[],
  size: readonly number[],
): void {
  if (size.includes(0)) return;
  const fromStrides = [...util.computeStrides([...fromShape]), 1];
  const toStrides = [...util.computeStrides([...toShape]), 1];
  let axis = size.length - 1;
  let run = size[axis] ?? 1;
  while (axis > 0 && size[axis] === fromShape[axis] && size[axis] === toShape[axis])
    run *= size[--axis] as number;
  const index = new Array<number>(Math.max(0, axis)).fill(0);
  let read = offset(fromBegin, fromStrides);
  let write = offset(toBegin, toStrides);
  for (;;) {
    if (run < SHORT) for (let i = 0; i < run; i++) to[write + i] = from[read + i] as number;
    else to.set(from.subarray(read, read + run), write);
    let d = index.length - 1;
    for (; d >= 0; d--) {
      read += fromStrides[d] as number;
      write += toStrides[d] as number;
      if (++(index[d] as number) < (size[d] as number)) break;
      read -= (size[d] as number) * (fromStrides[d] as number);
      write -= (size[d] as number) * (toStrides[d] as number);
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

function offset(begin: readonly number[], strides: readonly number[]): number {
  return begin.reduce((sum, at, i) => sum + at * (strides[i] as number), 0);
}
