// The image with what one layer makes of a place in it: M there, and where the taps read. Shown for the middle; `activate`
// moves it to any place that is kept.

import { colorKey, extent } from '../colors';
import { type Html, html } from '../html';
import { entriesOf, matrixView, tapMaps } from '../matrix';
import { positionAt } from '../places';
import { gridOfOutput, placesView, spanOf } from '../places-view';
import type { PositionGrid, PredictedMatrix } from '../types';
import { packed } from './packed';
import type { DynamicMatrix, InspectedSimilarity } from './types';

/** Entries of M that are drawn for one place: 7×7 taps in full. */
const MOST_ENTRIES = 2401;

/** Null for a layer that is the same at every place. Lies within an element that has the picture (`sampleStyle`). */
export function placeViewer(layer: string, { dynamic, sampling }: InspectedSimilarity): Html | null {
  if (!dynamic && !sampling) return null;
  const change = dynamic && changeOf(dynamic);
  // Of an M that an image has but one of, taps still read at places of their own.
  const isEverywhere = dynamic !== null && dynamic.height * dynamic.width === 1;
  const taps = sampling && gridOfOutput(sampling);
  const grid = ((isEverywhere && taps) || dynamic || taps) as Omit<PositionGrid, 'values'>;
  const { row, column } = positionAt(grid, 0.5, 0.5);
  const [height, width] = grid.positions;
  const data = {
    grid: withoutValues(grid),
    taps: taps && withoutValues(taps),
    matrix: change && packed(change),
    places: sampling && { ...sampling, offsets: undefined, modulation: undefined },
    offsets: sampling?.offsets && packed(sampling.offsets),
    modulation: sampling?.modulation && packed(sampling.modulation),
    span: sampling && spanOf(sampling),
  };
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)}%`;
  const marker = html`<span class="marker" style="top: ${share(row + 0.5, height)}; left: ${share(column + 0.5, width)}; height: ${share(1, height)}; width: ${share(1, width)}"></span>`;
  const thinned = grid.step > 1 ? `, every ${ordinal(grid.step)} is kept` : '';
  const image = html`<div><h4>The image</h4><div class="pick">${marker}</div><small><span class="position">row ${row + 1}, column ${column + 1} of ${height}×${width}</span>${thinned}</small><small class="hint" hidden>Click, or use the arrow keys.</small></div>`;
  return html`<div class="viewer" data-viewer="${JSON.stringify(data)}" data-name="${layer}"><div class="side">${image}${sampling && html`<div><h4>Where taps read there</h4>${placesView(sampling)}</div>`}${dynamic && change && matrixThere(dynamic, change)}${dynamic && maps(dynamic)}</div></div>`;
}

const withoutValues = ({ positions, step, height, width }: Omit<PositionGrid, 'values'>) => ({
  positions,
  step,
  height,
  width,
});

const ordinal = (n: number) => `${n}${{ 2: 'nd', 3: 'rd' }[n] ?? 'th'}`;

/** M − I at every place that is kept. */
function changeOf(dynamic: DynamicMatrix): DynamicMatrix {
  const { kernel, form } = dynamic;
  const taps = kernel[0] * kernel[1];
  const entries = form === 'full' ? taps * taps : taps;
  const values = dynamic.values.map((value, at) => {
    const index = at % entries;
    return form === 'diagonal' || Math.floor(index / taps) === index % taps ? value - 1 : value;
  });
  return { ...dynamic, values };
}

function matrixThere({ layer, kernel, form, values, ...grid }: DynamicMatrix, change: DynamicMatrix): Html {
  const entries = values.length / (grid.height * grid.width);
  if (entries > MOST_ENTRIES)
    return html`<div><h4>M there</h4><p class="soft">${entries.toLocaleString('en-US')} entries are too many to draw.</p></div>`;
  const { index } = positionAt(grid, 0.5, 0.5);
  const there = values.slice(index * entries, (index + 1) * entries);
  const matrix = { layer, kernel, form, values: there };
  // One scale for all places, so that they compare.
  const most = extent(change.values);
  const own = extent(entriesOf(matrix, 'M − I'));
  return html`<div><h4>M − I there</h4><div class="at-position">${matrixView(matrix, 'M − I', most, MOST_ENTRIES)}</div>${colorKey(most, 'page')}${own < most / 20 && html`<small>The scale is that of the whole image.</small>`}</div>`;
}

/** One map a tap: of a full M, what the centre of the kernel reads. */
function maps(dynamic: DynamicMatrix): Html {
  const { kernel, form } = dynamic;
  const change = changeOf(dynamic);
  const taps = kernel[0] * kernel[1];
  const centre = ((kernel[0] - 1) >> 1) * kernel[1] + ((kernel[1] - 1) >> 1);
  const [entries, first] = form === 'full' ? [taps * taps, centre * taps] : [taps, 0];
  const values = Array.from(
    { length: dynamic.height * dynamic.width * taps },
    (_, at) => change.values[Math.floor(at / taps) * entries + first + (at % taps)] as number,
  );
  const { height, width, positions, layer } = dynamic;
  const matrix: PredictedMatrix = { layer, kernel, form, height, width, positions, values };
  const { view, most } = tapMaps(matrix);
  const what =
    form === 'full' ? 'The centre’s row of M − I: a map for each input tap' : 'M − 1: a map for each tap';
  return html`<div><h4>${what}</h4><div class="scroll">${view}</div>${colorKey(most, 'image')}</div>`;
}
