// From bytes to the numbers a network sees.

import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { readImages } from './split';
import type { Dataset, OpenProgress, Split, Statistics } from './types';

/**
 * `none`: 0..255 as they are; `unit`: 0..1; or (byte - mean) / std, channel by channel. `dataset`: by the
 * training images' own, which `resolveNormalize` finds; batches take its numbers.
 */
export type Normalize = 'none' | 'unit' | 'dataset' | Statistics;

/** `Normalize` in a config. */
export const normalizeSchema = v.union([
  v.picklist(['none', 'unit', 'dataset']),
  v.strictObject({ mean: v.array(v.number()), std: v.array(v.pipe(v.number(), v.gtValue(0))) }),
]);

/** Images that are looked at between two reads. */
const AT_ONCE = 256;

export interface StatisticsOptions {
  /** Stops between two reads. */
  readonly signal?: AbortSignal | undefined;
  /** Told the images looked at, and their number. */
  onProgress?(progress: OpenProgress): void;
}

/** Mean and standard deviation (of the whole population) of every channel, over all images and positions. */
export async function computeStatistics(
  split: Split,
  { signal, onProgress }: StatisticsOptions = {},
): Promise<Statistics> {
  const counts = new ByteCounts(split.shape[2]);
  for (let first = 0; first < split.count; first += AT_ONCE) {
    signal?.throwIfAborted();
    onProgress?.({ phase: 'measuring', done: first, total: split.count });
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

/**
 * `dataset` in numbers: those that the data set knows, else those of its training images as they are stored; any other
 * choice as it is.
 * @throws NeusimError `DATASET_BAD_NORMALIZE` where a channel is the same everywhere; the signal's reason
 */
export async function resolveNormalize(
  normalize: Normalize,
  { train, statistics }: Pick<Dataset, 'train' | 'statistics'>,
  options?: StatisticsOptions,
): Promise<'none' | 'unit' | { mean: number[]; std: number[] }> {
  if (normalize === 'none' || normalize === 'unit') return normalize;
  const known = normalize === 'dataset' ? statistics : normalize;
  const found = known ?? (await computeStatistics(train, options));
  checkStatistics(found, train.shape[2]);
  return { mean: [...found.mean], std: [...found.std] };
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
  if (normalize === 'dataset')
    throw new NeusimError('DATASET_BAD_NORMALIZE', "normalize is 'dataset', which has no numbers yet", {
      data: { normalize },
      hint: 'ask resolveNormalize(normalize, dataset) for them',
    });
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
