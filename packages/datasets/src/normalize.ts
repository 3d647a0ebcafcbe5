// From bytes to the numbers a network sees.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import type { Split } from './types';

/** Per channel, on the scale of bytes (0..255). */
export interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** `none`: 0..255 as they are (method.md §9); `unit`: 0..1; or (byte - mean) / std, channel by channel. */
export type Normalize = 'none' | 'unit' | Statistics;

/** `Normalize` in a config. */
export const normalizeSchema = v.union([
  v.picklist(['none', 'unit']),
  v.strictObject({ mean: v.array(v.number()), std: v.array(v.pipe(v.number(), v.gtValue(0))) }),
]);

/** Mean and standard deviation (of the whole population) of every channel, over all images and positions. */
export function computeStatistics(split: Split): Statistics {
  const channels = split.shape[2];
  const histogram = new Float64Array(channels * 256);
  const { images } = split;
  for (let i = 0; i < images.length; i += channels) {
    for (let c = 0; c < channels; c++) histogram[c * 256 + images[i + c]!]!++;
  }
  const mean: number[] = [];
  const std: number[] = [];
  const count = images.length / channels;
  for (let c = 0; c < channels; c++) {
    const counts = histogram.subarray(c * 256, (c + 1) * 256);
    const average = counts.reduce((sum, times, byte) => sum + times * byte, 0) / count;
    const variance = counts.reduce((sum, times, byte) => sum + times * (byte - average) ** 2, 0) / count;
    mean.push(average);
    std.push(Math.sqrt(variance));
  }
  return { mean, std };
}

/**
 * The normalised value of every byte, [channels, 256].
 * @throws NeusimError `DATASET_BAD_NORMALIZE`
 */
export function normalizeTable(normalize: Normalize, channels: number): Float32Array {
  const table = new Float32Array(channels * 256);
  if (typeof normalize !== 'string') checkStatistics(normalize, channels);
  for (let c = 0; c < channels; c++) {
    const [shift, scale] =
      normalize === 'none'
        ? [0, 1]
        : normalize === 'unit'
          ? [0, 255]
          : [normalize.mean[c]!, normalize.std[c]!];
    for (let byte = 0; byte < 256; byte++) table[c * 256 + byte] = (byte - shift) / scale;
  }
  return table;
}

function checkStatistics({ mean, std }: Statistics, channels: number): void {
  const fits = mean.length === channels && std.length === channels;
  if (!fits || !mean.every(Number.isFinite) || !std.every((value) => Number.isFinite(value) && value > 0)) {
    throw new NeusimError(
      'DATASET_BAD_NORMALIZE',
      `mean [${mean}], std [${std}]; wanted: ${channels} finite numbers each, std above 0`,
      { data: { mean, std, channels }, hint: 'take them from computeStatistics(dataset.train)' },
    );
  }
}
