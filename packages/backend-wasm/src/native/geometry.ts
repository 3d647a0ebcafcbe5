/** A convolution's geometry, as the kernels read it. */
import type { Geometry } from '@neusim/core';
import type { Address, Native } from './exports';

/** Whole numbers of assembly's `Geometry`. */
export const GEOMETRY_LENGTH = 19;

/** What m holds at a position, and the floats from one position's to the next; none for a plain convolution. */
export interface SimilarityLayout {
  readonly values: number;
  readonly strides: readonly [number, number, number];
}

/** Writes the geometry where the kernels read it, and gives its address. */
export function writeGeometry(
  { memory, geometry }: Native,
  g: Geometry,
  batch: number,
  filters: number,
  similarity?: SimilarityLayout,
): Address {
  const { values, strides } = similarity ?? { values: 0, strides: [0, 0, 0] };
  new Int32Array(memory.buffer, geometry, GEOMETRY_LENGTH).set([
    batch,
    g.height,
    g.width,
    g.channels,
    g.kernelHeight,
    g.kernelWidth,
    ...g.strides,
    ...g.dilations,
    g.pad[0][0],
    g.pad[1][0],
    g.outHeight,
    g.outWidth,
    filters,
    values,
    ...strides,
  ]);
  return geometry;
}
