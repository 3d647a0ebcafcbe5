// Maps of many values, thinned to as many positions as a page has room for.

import type { PositionGrid } from './types';

/** Positions to a side that are kept. */
const MOST_SIDE = 64;

/** Five digits are more than a colour tells. */
export const round = (value: number, digits = 5) => Number(value.toPrecision(digits));

/**
 * @param values [height, width, depth]
 * @param most values that are kept. @param digits of each.
 */
export function gridOf(
  {
    height,
    width,
    values,
  }: { readonly height: number; readonly width: number; readonly values: readonly number[] },
  depth: number,
  most: number,
  digits?: number,
): PositionGrid {
  let step = 1;
  const kept = (size: number) => Math.ceil(size / step);
  const isLarge = () =>
    kept(height) * kept(width) * depth > most || Math.max(kept(height), kept(width)) > MOST_SIDE;
  while (isLarge() && step < Math.max(height, width)) step++;
  const [rows, columns] = [kept(height), kept(width)];
  const middle = (index: number, size: number) => Math.min(size - 1, index * step + (step >> 1));
  const thinned: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = (middle(row, height) * width + middle(column, width)) * depth;
      for (let i = 0; i < depth; i++) thinned.push(round(values[at + i] as number, digits));
    }
  return { positions: [height, width], step, height: rows, width: columns, values: thinned };
}
