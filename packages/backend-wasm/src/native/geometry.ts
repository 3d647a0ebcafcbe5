/** A convolution's geometry, as the kernels read it. */
import type { Geometry } from '@neusim/core';
import type { Address, Native } from './exports';

/** Whole numbers of assembly's `Geometry`. */
export const GEOMETRY_LENGTH = 22;

/** What m, or the offsets, hold at a position, and the floats from one position's to the next. */
export interface PositionLayout {
  readonly values: number;
  readonly strides: readonly [number, number, number];
}

const none: PositionLayout = { values: 0, strides: [0, 0, 0] };

/** Of values at a position, [B|1,H'|1,W'|1,values…], with 0 floats where positions share them. */
export function layoutOf(shape: readonly number[]): PositionLayout {
  const [batch, height, width] = shape as [number, number, number];
  const values = shape.slice(3).reduce((a, b) => a * b, 1);
  const stride = (size: number, floats: number) => (size === 1 ? 0 : floats);
  return {
    values,
    strides: [stride(batch, height * width * values), stride(height, width * values), stride(width, values)],
  };
}

/** Writes the geometry where the kernels read it, and gives its address. */
export function writeGeometry(
  { memory, geometry }: Native,
  g: Geometry,
  batch: number,
  filters: number,
  similarity: PositionLayout = none,
  offsets: PositionLayout = none,
): Address {
  const { values, strides } = similarity;
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
    ...offsets.strides,
  ]);
  return geometry;
}
