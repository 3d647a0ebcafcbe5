// The one view of M and D, for every command that shows them. M as a heat map over taps (rows are kernel taps,
// columns the input taps they are compared with), a diagonal M in the shape of its window, a predicted M as one map
// a tap over the image it was predicted from, D as the window's filled and empty cells.

import * as Plot from '@observablehq/plot';
import type { DynamicMatrix, LearnedShape, Sample, StaticMatrix } from '../run/run-report';
import { chart } from './chart';
import { extent, formatSmall, opacity, rgba } from './colors';
import { type Html, html } from './html';
import { pngDataUri } from './png';

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

function cells(label: string, data: readonly Cell[], most: number, size: number, digits: boolean): Html {
  const columns = new Set(data.map((cell) => cell.column)).size;
  const rows = new Set(data.map((cell) => cell.row)).size;
  return chart(label, {
    width: columns * size + 2,
    height: rows * size + 2,
    margin: 1,
    x: { axis: null, padding: 0 },
    y: { axis: null, padding: 0 },
    marks: [
      Plot.cell(data, {
        x: 'column',
        y: 'row',
        fill: { value: (cell: Cell) => ink(cell.value), scale: null },
        fillOpacity: { value: (cell: Cell) => opacity(cell.value, most), scale: null },
        stroke: 'var(--line)',
        strokeWidth: 0.75,
        title: 'title',
      }),
      ...(digits
        ? [
            Plot.text(data, {
              x: 'column',
              y: 'row',
              text: (cell: Cell) => formatSmall(cell.value),
              fontSize: 10,
            }),
          ]
        : []),
    ],
  });
}

/** What a picture of M shows: its entries, or what learning added to the inner product. */
export type MatrixPart = 'M' | 'M − I';

/**
 * The M of one layer, or M − I, whose full colour stands for ±`most`. A full M is drawn K×K, a diagonal one in the
 * shape of its window, with its values.
 */
export function matrixView(matrix: StaticMatrix, part: MatrixPart, most: number): Html {
  const { layer, kernel, form } = matrix;
  const taps = kernel[0] * kernel[1];
  const values = entriesOf(matrix, part);
  const label = `${part} of ${layer}`;
  if (form === 'diagonal') {
    const data = values.map((value, tap) => ({
      row: Math.floor(tap / kernel[1]),
      column: tap % kernel[1],
      value,
      title: `tap ${tapName(tap, kernel)}: ${matrix.values[tap]?.toFixed(4)}`,
    }));
    return cells(label, data, most, 44, true);
  }
  const data = values.map((value, index) => {
    const [row, column] = [Math.floor(index / taps), index % taps];
    const pair = `kernel tap ${tapName(row, kernel)}, input tap ${tapName(column, kernel)}`;
    return { row, column, value, title: `${pair}: ${matrix.values[index]?.toFixed(4)}` };
  });
  return cells(label, data, most, taps > 9 ? 9 : 20, false);
}

/** The entries of M or of M − I, of one matrix or of one at every position. */
export function entriesOf({ values, form, kernel }: StaticMatrix, part: MatrixPart): readonly number[] {
  if (part === 'M') return values;
  const taps = kernel[0] * kernel[1];
  if (form === 'diagonal') return values.map((value) => value - 1);
  return values.map((value, index) => {
    const entry = index % (taps * taps);
    return Math.floor(entry / taps) === entry % taps ? value - 1 : value;
  });
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

/**
 * M − I over one image: a map for each tap, laid out as the window. Of a full M the row of the centre's kernel
 * tap is shown: how much it reads from each input tap.
 */
export function tapMaps(matrix: DynamicMatrix, sample: Sample): TapMaps {
  const { form, height, width, kernel } = matrix;
  const taps = kernel[0] * kernel[1];
  const difference = entriesOf(matrix, 'M − I');
  const entries = form === 'diagonal' ? taps : taps * taps;
  const centre = ((kernel[0] - 1) >> 1) * kernel[1] + ((kernel[1] - 1) >> 1);
  const first = form === 'diagonal' ? 0 : centre * taps;
  const maps = Array.from({ length: taps }, (_, tap) =>
    Array.from({ length: height * width }, (_, at) => difference[at * entries + first + tap] as number),
  );
  const most = extent(maps.flat());
  const image = imageUri(sample);
  const view = html`<div class="taps" style="--columns: ${kernel[1]}">${maps.map((map, tap) => {
    const pixels = new Uint8Array(map.flatMap((value) => [...rgba(value, most)]));
    const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
    const title = `tap ${tapName(tap, kernel)}: mean ${formatSmall(mean)}`;
    return html`<div class="map" title="${title}"><img class="under" alt="" src="${image}"><img class="over" alt="${title}" src="${pngDataUri(width, height, pixels)}"></div>`;
  })}</div>`;
  return { view, most };
}

/** The image itself. */
export function imageUri({ height, width, channels, pixels }: Sample): string {
  const colour = new Uint8Array(height * width * 4);
  for (let at = 0; at < height * width; at++) {
    for (let c = 0; c < 3; c++)
      colour[4 * at + c] = pixels[at * channels + Math.min(c, channels - 1)] as number;
    colour[4 * at + 3] = 255;
  }
  return pngDataUri(width, height, colour);
}
