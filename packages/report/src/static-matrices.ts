// The learned M of a layer as matrices that can be drawn, bounded in size: of groups each has its own; of a matrix between
// all taps and channels there is how taps are compared within a channel, and how channels are compared within a tap.

import type { StaticMatrix } from './types';

interface LayerWithM {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  readonly form: string;
  readonly matrix: readonly number[] | null;
}

/** Groups of channels that are drawn. */
const MOST_GROUPS = 8;
/** Channels to a side. */
const MOST_CHANNELS = 32;

/** Five digits are more than a colour tells. */
export const round = (value: number) => Number(value.toPrecision(5));

/** None where M is no weight. */
export function staticMatrices({ layer, kernel, form, matrix }: LayerWithM): StaticMatrix[] {
  if (!matrix) return [];
  const taps = kernel[0] * kernel[1];
  if (form === 'grouped') {
    const groups = matrix.length / taps ** 2;
    return Array.from({ length: Math.min(groups, MOST_GROUPS) }, (_, group) => ({
      layer,
      kernel,
      form: 'full',
      note: `channel group ${group + 1} of ${groups}`,
      values: matrix.slice(group * taps ** 2, (group + 1) * taps ** 2).map(round),
    }));
  }
  if (form === 'bilinear') return ofAllPairs(layer, kernel, matrix);
  return [{ layer, kernel, form: form === 'diagonal' ? 'diagonal' : 'full', values: matrix.map(round) }];
}

/** @param matrix [K·C,K·C] row by row; value k·C + c is channel c of tap k. */
function ofAllPairs(layer: string, kernel: LayerWithM['kernel'], matrix: readonly number[]): StaticMatrix[] {
  const taps = kernel[0] * kernel[1];
  const values = Math.sqrt(matrix.length);
  const channels = values / taps;
  const at = (k: number, c: number, s: number, d: number) =>
    matrix[(k * channels + c) * values + s * channels + d] as number;
  const square = (side: number, count: number, entry: (row: number, column: number, i: number) => number) =>
    Array.from({ length: side * side }, (_, index) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += entry(Math.floor(index / side), index % side, i);
      return round(sum / count);
    });
  const drawn = Math.min(channels, MOST_CHANNELS);
  const rest = drawn < channels ? `, the first ${drawn} of ${channels}` : '';
  return [
    {
      layer,
      kernel,
      form: 'full',
      note: 'taps, mean over channels with themselves',
      values: square(taps, channels, (row, column, i) => at(row, i, column, i)),
    },
    {
      layer,
      kernel,
      form: 'channels',
      note: `channels${rest}, mean over taps with themselves`,
      values: square(drawn, taps, (row, column, i) => at(i, row, i, column)),
    },
  ];
}
