// The one view of M and D, for every command and page that shows them; plain SVG text, so that it needs no document. M
// as a heat map over taps (rows are kernel taps, columns the input taps they are compared with), a diagonal M in the
// shape of its window, a predicted M as one map a tap over the image it was predicted from, D as the window's filled
// and empty cells.

import { extent, formatSmall, opacity, rgba } from './colors';
import { type Html, html } from './html';
import { pngDataUri } from './png';
import type { LearnedShape, PredictedMatrix, Sample, StaticMatrix } from './types';

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
  readonly title: string;
}

const ink = (value: number) => (value < 0 ? 'var(--below)' : 'var(--above)');

/** `row,column` of tap t in its window, counted from the centre: 0,0 is the middle. */
function tapName(tap: number, [height, width]: readonly [number, number]): string {
  const signed = (n: number) => (n > 0 ? `+${n}` : String(n).replace('-', '−'));
  return `${signed(Math.floor(tap / width) - ((height - 1) >> 1))},${signed((tap % width) - ((width - 1) >> 1))}`;
}

/** A grid of cells, each with its value as its colour, and as digits where there is room. */
function cells(label: string, data: readonly Cell[], most: number, size: number, digits: boolean): Html {
  const width = 2 + size * (1 + Math.max(...data.map(({ column }) => column)));
  const height = 2 + size * (1 + Math.max(...data.map(({ row }) => row)));
  const drawn = data.map(({ row, column, value, title }) => {
    const [x, y] = [1 + column * size, 1 + row * size];
    const fill = `fill: ${ink(value)}; fill-opacity: ${opacity(value, most).toFixed(3)}`;
    const text =
      digits && html`<text x="${x + size / 2}" y="${y + size / 2}" dy="0.35em">${formatSmall(value)}</text>`;
    return html`<rect x="${x}" y="${y}" width="${size}" height="${size}" style="${fill}"><title>${title}</title></rect>${text}`;
  });
  return html`<svg class="cells" role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawn}</svg>`;
}

/** What a picture of M shows: its entries, or what learning added to the inner product. */
export type MatrixPart = 'M' | 'M − I';

/**
 * The M of one layer, or M − I, whose full colour stands for ±`most`. A full M is drawn K×K, or channels by channels, a
 * diagonal one in the shape of its window, with its values.
 */
export function matrixView(matrix: StaticMatrix, part: MatrixPart, most: number): Html {
  const { layer, kernel, form, note } = matrix;
  const values = entriesOf(matrix, part);
  const label = `${part} of ${layer}${note ? `, ${note}` : ''}`;
  if (form === 'diagonal') {
    const data = values.map((value, tap) => ({
      row: Math.floor(tap / kernel[1]),
      column: tap % kernel[1],
      value,
      title: `tap ${tapName(tap, kernel)}: ${matrix.values[tap]?.toFixed(4)}`,
    }));
    return cells(label, data, most, 44, true);
  }
  const side = Math.sqrt(values.length);
  const named = (index: number) =>
    form === 'channels' ? `channel ${index + 1}` : `tap ${tapName(index, kernel)}`;
  const data = values.map((value, index) => {
    const [row, column] = [Math.floor(index / side), index % side];
    const pair = `kernel ${named(row)}, input ${named(column)}`;
    return { row, column, value, title: `${pair}: ${matrix.values[index]?.toFixed(4)}` };
  });
  return cells(label, data, most, side > 9 ? 9 : 20, false);
}

/** The entries of M or of M − I. */
export function entriesOf({ values, form }: StaticMatrix, part: MatrixPart): readonly number[] {
  if (part === 'M') return values;
  if (form === 'diagonal') return values.map((value) => value - 1);
  const side = Math.sqrt(values.length);
  return values.map((value, index) => (Math.floor(index / side) === index % side ? value - 1 : value));
}

/** D of one layer: a filled cell for each tap that exists. */
export function shapeView({ layer, kernel, mask }: LearnedShape): Html {
  const data = mask.map((value, tap) => ({
    row: Math.floor(tap / kernel[1]),
    column: tap % kernel[1],
    value,
    title: `tap ${tapName(tap, kernel)}: ${value ? 'used' : 'left out'}`,
  }));
  return cells(`D of ${layer}`, data, 1, 22, false);
}

/** A predicted M as maps over the image, and what their full colour stands for. */
export interface TapMaps {
  readonly view: Html;
  readonly most: number;
}

/** M − I over the sample: a map for each tap, laid out as the window. */
export function tapMaps(matrix: PredictedMatrix, { picture }: Sample): TapMaps {
  const { height, width, kernel, values } = matrix;
  const taps = kernel[0] * kernel[1];
  const maps = Array.from({ length: taps }, (_, tap) =>
    Array.from({ length: height * width }, (_, at) => values[at * taps + tap] as number),
  );
  const most = extent(values);
  const view = html`<div class="taps" style="--columns: ${kernel[1]}">${maps.map((map, tap) => {
    const pixels = new Uint8Array(map.flatMap((value) => [...rgba(value, most)]));
    const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
    const title = `tap ${tapName(tap, kernel)}: mean ${formatSmall(mean)}`;
    return html`<div class="map" title="${title}"><img class="under" alt="" src="${picture.uri}"><img class="over" alt="${title}" src="${pngDataUri(width, height, pixels)}"></div>`;
  })}</div>`;
  return { view, most };
}
