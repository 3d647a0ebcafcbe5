/** Where a layer's taps read, as plain numbers: the lattice of its geometry, and the offsets that its shape adds. */
import type { Geometry, Taps } from '@neusim/core';

/**
 * Tap t of output (i, j) reads row `i·strides[0] − pad[0] + ⌊t / kernel[1]⌋·dilations[0] + dy` of the layer's input,
 * columns alike; bilinearly, with zeros outside.
 */
export interface Sampling {
  /** [height, width] of the layer's input. */
  readonly input: readonly [number, number];
  /** [height, width] of its output: H'×W' positions. */
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** [top, left] */
  readonly pad: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Groups of input channels that read at places of their own. */
  readonly groups: number;
  /** [height, width, groups·K·2] of (dy, dx); height and width are those of `output`, or 1. Null: the lattice itself. */
  readonly offsets: SampledValues | null;
  /** Factors on what is read, [height, width, groups·K]; null: 1. */
  readonly modulation: SampledValues | null;
}

export interface SampledValues {
  readonly height: number;
  readonly width: number;
  readonly values: readonly number[];
}

/** @param taps of the first image, [1, …]. */
export async function samplingOf(g: Geometry, { offsets, modulation }: Taps): Promise<Sampling> {
  const depth = offsets ? offsets.shape[3] / 2 : (modulation?.shape[3] ?? g.taps);
  return {
    input: [g.height, g.width],
    output: [g.outHeight, g.outWidth],
    kernel: [g.kernelHeight, g.kernelWidth],
    strides: [...g.strides],
    pad: [g.pad[0][0], g.pad[1][0]],
    dilations: [...g.dilations],
    groups: Math.max(1, depth / g.taps),
    offsets: offsets ? await firstOf(offsets) : null,
    modulation: modulation ? await firstOf(modulation) : null,
  };
}

async function firstOf(tensor: NonNullable<Taps['offsets']>): Promise<SampledValues> {
  const [, height, width, depth] = tensor.shape;
  const values = await tensor.data();
  return { height, width, values: [...values.subarray(0, height * width * depth)] };
}
