// Where the taps of a layer read, over the image: rings are the window's lattice, dots the places that offsets make of it.
// A dot fades with its factor (D, modulation); groups of channels have a colour each.

import { extent, formatSmall } from './colors';
import { type Html, html } from './html';
import { sampleStyle, tapName } from './matrix';
import { frameAt, type GridPosition, positionAt, type TapPlace, tapPlaces } from './places';
import type { Picture, PositionGrid, SamplingPlaces } from './types';

const groupColors = ['var(--above)', 'var(--below)', '#2fb98b', '#d9ab2c', '#ab86ea', '#ececea'];

/** The values of one output position; of a grid of one position, the same for all. */
export function valuesAt(grid: PositionGrid | null, down: number, along: number): readonly number[] | null {
  if (!grid) return null;
  const depth = grid.values.length / (grid.height * grid.width);
  const { index } = positionAt(grid, down, along);
  return grid.values.slice(index * depth, (index + 1) * depth);
}

/** The places of a position that is kept. @param down,along shares of the image's height and width. */
export function placesAt(places: SamplingPlaces, down: number, along: number): TapPlace[] {
  const { row, column } = outputPosition(places, down, along);
  const { offsets, modulation } = places;
  return tapPlaces(places, row, column, valuesAt(offsets, down, along), valuesAt(modulation, down, along));
}

/** Of the output: one of those whose offsets are kept, where these differ. */
export function outputPosition(places: SamplingPlaces, down: number, along: number): GridPosition {
  return positionAt(gridOfOutput(places), down, along);
}

export function gridOfOutput({ output, offsets, modulation }: SamplingPlaces): Omit<PositionGrid, 'values'> {
  const moving = [offsets, modulation].find((grid) => grid && grid.height * grid.width > 1);
  return moving ?? { positions: output, step: 1, height: output[0], width: output[1] };
}

/** Elements to a side of what a picture shows around a position: room for every offset that is kept. */
export function spanOf({ input, kernel, dilations, offsets }: SamplingPlaces): number {
  const lattice = Math.max(...([0, 1] as const).map((axis) => ((kernel[axis] - 1) * dilations[axis]) / 2));
  const offset = offsets ? extent(offsets.values) : 0;
  return Math.min(1.5 * Math.max(...input), 2 * Math.ceil(lattice + offset + 1) + 1);
}

/** Over the picture that is given, or that an element around it has (`sampleStyle`); at the middle of the image. */
export function placesView(places: SamplingPlaces, picture?: Picture): Html {
  const { layer, kernel, offsets } = places;
  const found = placesAt(places, 0.5, 0.5);
  const { row, column } = outputPosition(places, 0.5, 0.5);
  const frame = frameAt(places, row, column, spanOf(places));
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
  const rings = offsets
    ? found.map(
        ({ latticeX, latticeY, x, y }) =>
          html`<line x1="${percent(latticeX)}" y1="${percent(latticeY)}" x2="${percent(x)}" y2="${percent(y)}"/><circle class="lattice" cx="${percent(latticeX)}" cy="${percent(latticeY)}" r="4"/>`,
      )
    : [];
  const dots = found.map(
    ({ x, y, tap, group, factor }) =>
      html`<circle class="reads" cx="${percent(x)}" cy="${percent(y)}" r="4" style="fill: ${groupColors[group % groupColors.length]}; opacity: ${visible(factor).toFixed(2)}"><title>tap ${tapName(tap, kernel)}${places.groups > 1 ? `, group ${group + 1}` : ''}</title></circle>`,
  );
  const lies = `left: ${percent(frame.left)}; top: ${percent(frame.top)}; width: ${percent(frame.width)}; height: ${percent(frame.height)}`;
  return html`<div class="frame"${picture && html` style="${sampleStyle(picture)}"`}><div class="places" style="${lies}"><svg role="img" aria-label="where the taps of ${layer} read">${rings}${dots}</svg></div></div><small>${wordsOf(places)}</small>`;
}

/** 0.08 to 1: a tap that is left out is still hinted at. */
export const visible = (factor: number) => Math.min(1, Math.max(0.08, Math.abs(factor)));

function wordsOf(places: SamplingPlaces): string {
  const { offsets, dilations, input, groups } = places;
  const parts = [
    ...(dilations.some((rate) => rate > 1) ? [`taps ${dilations.join('×')} apart`] : []),
    ...(groups > 1 ? [`${groups} groups of channels`] : []),
    ...(offsets ? [offsetWords(offsets)] : []),
    `${Math.round(spanOf(places))} elements to a side, of an input of ${input.join('×')}`,
  ];
  return parts.join('; ');
}

function offsetWords({ values }: PositionGrid): string {
  let [sum, most] = [0, 0];
  for (let at = 0; at < values.length; at += 2) {
    const length = Math.hypot(values[at] as number, values[at + 1] as number);
    sum += length;
    most = Math.max(most, length);
  }
  return `moved by ${formatSmall(sum / (values.length / 2))} elements in the mean, up to ${formatSmall(most)}`;
}
