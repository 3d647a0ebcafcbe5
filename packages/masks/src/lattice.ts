/** The window's own lattice, seen from the tap in its middle: what learned places start from and are measured from. */
import type { Geometry } from '@neusim/core';

/** Index of the centre tap; of the two in the middle of an even side it is the first, as `same` padding has it. */
export function centreTap(g: Geometry): number {
  return ((g.kernelHeight - 1) >> 1) * g.kernelWidth + ((g.kernelWidth - 1) >> 1);
}

/** [row, column] of each of the K taps from the centre tap, in taps. */
export function lattice(g: Geometry): [number, number][] {
  const [top, left] = [(g.kernelHeight - 1) >> 1, (g.kernelWidth - 1) >> 1];
  return Array.from({ length: g.taps }, (_, t) => [
    Math.floor(t / g.kernelWidth) - top,
    (t % g.kernelWidth) - left,
  ]);
}

/** Multiply-adds of one image for reading each of its taps bilinearly, from four elements. */
export function bilinearReads(g: Geometry): number {
  return g.outHeight * g.outWidth * g.taps * g.channels * 4;
}
