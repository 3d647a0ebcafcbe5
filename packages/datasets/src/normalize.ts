// From bytes to the numbers a network sees.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { readImages } from './split';
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

/** Images that are looked at between two reads. */
const AT_ONCE = 256;

/** Mean and standard deviation (of the whole population) of every channel, over all images and positions. */
export async function computeStatistics(split: Split): Promise<Statistics> {
  const counts = new ByteCounts(split.shape[2]);
  for (let first = 0; first < split.count; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, split.count - first);
    counts.add(
      await readImages(
        split,
        Array.from({ length }, (_, i) => first + i),
      ),
    );
  }
  return counts.statistics();
}

/** How often each byte was met in each channel: enough for exact statistics, however many images there are. */
export class ByteCounts {
  private readonly counts: Float64Array;

  constructor(private readonly channels: number) {
    this.counts = new Float64Array(channels * 256);
  }

  /** @param images whole pixels, the channels of each together. */
  add(images: Uint8Array): void {
    const { counts, channels } = this;
    for (let i = 0; i < images.length; i += channels) {
      for (let c = 0; c < channels; c++) counts[c * 256 + images[i + c]!]!++;
    }
  }

  statistics(): Statistics {
    const mean: number[] = [];
    const std: number[] = [];
    for (let c = 0; c < this.channels; c++) {
      const counts = this.counts.subarray(c * 256, (c + 1) * 256);
      const count = counts.reduce((sum, times) => sum + times, 0);
      const average = counts.reduce((sum, times, byte) => sum + times * byte, 0) / count;
      const variance = counts.reduce((sum, times, byte) => sum + times * (byte - average) ** 2, 0) / count;
      mean.push(average);
      std.push(Math.sqrt(variance));
    }
    return { mean, std };
  }
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
