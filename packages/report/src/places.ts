// A place of an image to a position of a layer, and a position to where its taps read. A page's own script has the text of
// these functions: each stands alone, and calls nothing but the language's own.

import type { PositionGrid, SamplingPlaces } from './types';

export interface GridPosition {
  /** Of the map. */
  readonly row: number;
  readonly column: number;
  /** Of what is kept: position `index` of the grid's values. */
  readonly index: number;
}

/** @param down share of the image’s height, 0 to 1. @param along share of its width. */
export function positionAt(
  { positions, step, height, width }: Omit<PositionGrid, 'values'>,
  down: number,
  along: number,
): GridPosition {
  const kept = (share: number, size: number, count: number) =>
    Math.max(0, Math.min(count - 1, Math.floor((share * size) / step)));
  const row = kept(down, positions[0], height);
  const column = kept(along, positions[1], width);
  return {
    row: Math.min(positions[0] - 1, row * step + (step >> 1)),
    column: Math.min(positions[1] - 1, column * step + (step >> 1)),
    index: row * width + column,
  };
}

/** Where one tap reads, in shares of the image: 0 to 1 inside, beyond them where there are zeros. */
export interface TapPlace {
  readonly tap: number;
  readonly group: number;
  readonly x: number;
  readonly y: number;
  /** Of the lattice, without the offset. */
  readonly latticeX: number;
  readonly latticeY: number;
  /** Of D and the modulation; 1 where there are none. */
  readonly factor: number;
}

/**
 * The taps of one output position, group by group.
 * @param offsets [groups·K·2] of that position; null: none. @param modulation [groups·K]
 */
export function tapPlaces(
  places: Omit<SamplingPlaces, 'layer' | 'offsets' | 'modulation'>,
  row: number,
  column: number,
  offsets: ArrayLike<number> | null,
  modulation: ArrayLike<number> | null,
): TapPlace[] {
  const { input, kernel, strides, pad, dilations, groups, mask } = places;
  const taps = kernel[0] * kernel[1];
  const found: TapPlace[] = [];
  for (let group = 0; group < groups; group++)
    for (let tap = 0; tap < taps; tap++) {
      const at = group * taps + tap;
      const y = row * strides[0] - pad[0] + Math.floor(tap / kernel[1]) * dilations[0];
      const x = column * strides[1] - pad[1] + (tap % kernel[1]) * dilations[1];
      const dy = offsets ? (offsets[2 * at] as number) : 0;
      const dx = offsets ? (offsets[2 * at + 1] as number) : 0;
      found.push({
        tap,
        group,
        // An element is a square of the image: its own place is the middle.
        x: (x + dx + 0.5) / input[1],
        y: (y + dy + 0.5) / input[0],
        latticeX: (x + 0.5) / input[1],
        latticeY: (y + 0.5) / input[0],
        factor: (mask ? (mask[tap] as number) : 1) * (modulation ? (modulation[at] as number) : 1),
      });
    }
  return found;
}

/**
 * The part of the layer's input around one output position that a picture shows: `span` elements to a side.
 * @returns where the whole input then lies, in shares of that picture.
 */
export function frameAt(
  { input, kernel, strides, pad, dilations }: Omit<SamplingPlaces, 'layer' | 'offsets' | 'modulation'>,
  row: number,
  column: number,
  span: number,
): { readonly left: number; readonly top: number; readonly width: number; readonly height: number } {
  const start = (axis: 0 | 1, at: number) => {
    const size = input[axis];
    // All of it is in view: it stays where it is.
    if (span >= Math.max(input[0], input[1])) return (span - size) / 2;
    const middle = at * strides[axis] - pad[axis] + ((kernel[axis] - 1) * dilations[axis]) / 2 + 0.5;
    return span / 2 - middle;
  };
  return {
    left: start(1, column) / span,
    top: start(0, row) / span,
    width: input[1] / span,
    height: input[0] / span,
  };
}
