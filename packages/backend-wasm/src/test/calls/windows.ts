/** Random windows: any stride, dilation and padding, also such that windows lie beyond the map. */
import { dilatedSize, type Geometry } from '@neusim/core';
import type { ConvolutionOptions } from '@neusim/testing';
import fc from 'fast-check';
import { size } from './values';

/** One axis of a window: the padding before it may be negative, that after it follows from `out`. */
export interface Axis {
  readonly size: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly out: number;
}

/** Half of them plain windows, most of which lie inside the map. */
export const anyAxis: fc.Arbitrary<Axis> = fc.oneof(
  fc.record({
    size: size(1, 7),
    taps: size(1, 5),
    stride: size(1, 3),
    dilation: size(1, 3),
    before: size(-2, 5),
    out: size(1, 6),
  }),
  fc.tuple(size(1, 8), size(1, 5)).map(([size, taps]) => same(size, taps)),
);

/** An axis of a plain window with the padding `same`. */
export function same(size: number, taps: number): Axis {
  return { size, taps, stride: 1, dilation: 1, before: (taps - 1) >> 1, out: size };
}

export interface Window {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly channels: number;
}

/** As the kernels are told of it. */
export function geometryOf({ rows, columns, channels }: Window): Geometry {
  return {
    height: rows.size,
    width: columns.size,
    channels,
    kernelHeight: rows.taps,
    kernelWidth: columns.taps,
    taps: rows.taps * columns.taps,
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    pad: [padding(rows), padding(columns)],
    outHeight: rows.out,
    outWidth: columns.out,
    centre: [0, 0],
  };
}

/** As the oracles are told of it. */
export function optionsOf({ rows, columns }: Window): ConvolutionOptions {
  return {
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    pad: [padding(rows), padding(columns)],
  };
}

function padding({ size, taps, stride, dilation, before, out }: Axis): readonly [number, number] {
  return [before, (out - 1) * stride + dilatedSize(taps, dilation) - size - before];
}
