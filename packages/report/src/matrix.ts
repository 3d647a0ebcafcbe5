// The one view of M and D, for every command and page that shows them; plain SVG text, so that it needs no document. M
// as a heat map over taps (rows are kernel taps, columns the input taps they are compared with), one for each group of
// channels where these have their own, a diagonal M in the shape of its window, a predicted M as one map a tap over the
// image it was predicted from, D as the window's filled and empty cells.

import { extent, formatSmall, opacity, rgba } from './colors';
import { type Html, html } from './html';
import { pngDataUri } from './png';
import type { LearnedShape, Picture, PredictedMatrix, Sample, StaticMatrix } from './types';

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
  readonly title: string;
}

const ink = (value: number) => (value < 0 ? 'var(--below)' : 'var(--above)');

/** `row,column` of tap t in its window, counted from the centre: 0,0 is the middle. */
export function tapName(tap: number, [height, width]: readonly [number, number]): string {
  const signed = (n: number) => (n > 0 ? `+${n}` : String(n).replace('-', '−'));
  return `${signed(Math.floor(tap / width) - ((height - 1) >> 1))},${signed((tap % width) - ((width - 1) >> 1))}`;
}

/** Names along the sides of a grid: rows at the left, columns below. */
interface Axes {
  readonly rows: string;
  readonly columns: string;
  /** One a row and column, where there is room. */
  readonly names?: readonly string[];
}

/** Beyond it cells are drawn as a picture: an element for each would make the page larger than all else in it. */
const MOST_CELLS = 1024;

/** A grid of cells, each with its value as its colour, and as digits where there is room. */
function cells(
  label: string,
  data: readonly Cell[],
  most: number,
  { size, digits = false, axes }: { size: number; digits?: boolean; axes?: Axes },
): Html {
  const side = { columns: 1 + Math.max(...data.map(({ column }) => column)) };
  const lines = 1 + Math.max(...data.map(({ row }) => row));
  const left = axes ? (axes.names ? 46 : 16) : 0;
  const below = axes ? (axes.names ? 50 : 16) : 0;
  const [inner, high] = [size * side.columns, size * lines];
  const [width, height] = [2 + left + inner, 2 + high + below];
  const drawn = data.map(({ row, column, value, title }) => {
    const [x, y] = [1 + left + column * size, 1 + row * size];
    const fill = `fill: ${ink(value)}; fill-opacity: ${opacity(value, most).toFixed(3)}`;
    const text =
      digits && html`<text x="${x + size / 2}" y="${y + size / 2}" dy="0.35em">${formatSmall(value)}</text>`;
    return html`<rect x="${x}" y="${y}" width="${size}" height="${size}" style="${fill}"><title>${title}</title></rect>${text}`;
  });
  return html`<svg class="cells" role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawn}${axes && axisTexts(axes, { left, inner, high, size })}</svg>`;
}

function axisTexts(
  { rows, columns, names = [] }: Axes,
  { left, inner, high, size }: Readonly<Record<'left' | 'inner' | 'high' | 'size', number>>,
): Html {
  const named = names.map((name, index) => {
    const at = 1 + (index + 0.5) * size;
    return html`<text class="axis" x="${left - 3}" y="${at}" dy="0.35em">${name}</text><text class="axis" transform="translate(${left + at} ${high + 6}) rotate(-60)" dy="0.35em">${name}</text>`;
  });
  const under = high + (names.length > 0 ? 47 : 12);
  return html`${named}<text class="axis-name" transform="translate(9 ${high / 2}) rotate(-90)">${rows}</text><text class="axis-name" x="${left + inner / 2}" y="${under}">${columns}</text>`;
}

/** A matrix of pairs of taps: cells that tell their names where there are few, a picture of pixels where there are many. */
function pairs(
  label: string,
  values: readonly number[],
  most: number,
  titleOf: (row: number, column: number, index: number) => string,
  axes: Axes,
  mostCells: number,
): Html {
  const side = Math.round(Math.sqrt(values.length));
  if (values.length > mostCells) {
    const uri = pngDataUri(side, side, new Uint8Array(values.flatMap((value) => [...rgba(value, most)])));
    const size = side * Math.max(1, Math.round(300 / side));
    return html`<figure class="pairs"><img alt="${label}" src="${uri}" style="width: ${size}px"><figcaption><small>rows: ${axes.rows}s; columns: ${axes.columns}s</small></figcaption></figure>`;
  }
  const data = values.map((value, index) => {
    const [row, column] = [Math.floor(index / side), index % side];
    return { row, column, value, title: titleOf(row, column, index) };
  });
  return cells(label, data, most, { size: side > 9 ? 9 : 20, axes });
}

/** What a picture of M shows: its entries, or what learning added to the inner product. */
export type MatrixPart = 'M' | 'M − I';

/**
 * The M of one layer, or M − I, whose full colour stands for ±`most`. A full M is drawn K×K, a diagonal one in the
 * shape of its window, with its values; of groups there is one each.
 * @param mostCells beyond which it is a picture without the cells' names.
 */
export function matrixView(
  matrix: StaticMatrix,
  part: MatrixPart,
  most: number,
  mostCells: number = MOST_CELLS,
): Html {
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
    return cells(label, data, most, { size: 44, digits: true });
  }
  if (form === 'bilinear') {
    // Rows and columns are all values of a patch: the channels of a tap lie together.
    const channels = Math.sqrt(values.length) / taps;
    const name = (at: number) => `${tapName(Math.floor(at / channels), kernel)} channel ${at % channels}`;
    const titleOf = (row: number, column: number, index: number) =>
      `kernel ${name(row)}, input ${name(column)}: ${matrix.values[index]?.toFixed(4)}`;
    return pairs(label, values, most, titleOf, { rows: 'kernel value', columns: 'input value' }, mostCells);
  }
  const block = taps * taps;
  const names =
    taps <= 9 ? { names: Array.from({ length: taps }, (_, tap) => tapName(tap, kernel)) } : undefined;
  const groups = Array.from({ length: values.length / block }, (_, group) =>
    pairs(
      form === 'grouped' ? `${label}, group ${group + 1}` : label,
      values.slice(group * block, (group + 1) * block),
      most,
      (row, column, index) => {
        const pair = `kernel tap ${tapName(row, kernel)}, input tap ${tapName(column, kernel)}`;
        return `${pair}: ${matrix.values[group * block + index]?.toFixed(4)}`;
      },
      { rows: 'kernel tap', columns: 'input tap', ...names },
      mostCells,
    ),
  );
  if (form !== 'grouped') return groups[0] as Html;
  return html`<div class="pair">${groups.map((group, index) => html`<div><small>group ${index + 1}</small>${group}</div>`)}</div>`;
}

/** The entries of M or of M − I. */
export function entriesOf({ values, form, kernel }: StaticMatrix, part: MatrixPart): readonly number[] {
  if (part === 'M') return values;
  if (form === 'diagonal') return values.map((value) => value - 1);
  const taps = kernel[0] * kernel[1];
  const side = form === 'bilinear' ? Math.round(Math.sqrt(values.length)) : taps;
  return values.map((value, index) => (Math.floor(index / side) % side === index % side ? value - 1 : value));
}

/** D of one layer: a filled cell for each tap that exists; with its value where that is between 0 and 1. */
export function shapeView({ layer, kernel, mask }: LearnedShape): Html {
  const isBinary = mask.every((value) => value === 0 || value === 1);
  const data = mask.map((value, tap) => ({
    row: Math.floor(tap / kernel[1]),
    column: tap % kernel[1],
    value,
    title: `tap ${tapName(tap, kernel)}: ${value === 1 ? 'used' : value === 0 ? 'left out' : formatSmall(value)}`,
  }));
  return cells(`D of ${layer}`, data, Math.max(1, extent(mask)), {
    size: isBinary ? 22 : 34,
    digits: !isBinary,
  });
}

/** The style of an element within which maps lie over a picture: once a page, however many maps there are. */
export const sampleStyle = ({ uri, width, height }: Picture): string =>
  `--sample: url(${uri}); --ratio: ${width} / ${height}`;

/** A predicted M as maps over the image, and what their full colour stands for. */
export interface TapMaps {
  readonly view: Html;
  readonly most: number;
}

/**
 * M − I over the sample: a map for each tap, laid out as the window.
 * @param sample default: the picture that an element around it has (`sampleStyle`).
 */
export function tapMaps(matrix: PredictedMatrix, sample?: Pick<Sample, 'picture'>): TapMaps {
  const { height, width, kernel, values } = matrix;
  const taps = kernel[0] * kernel[1];
  const maps = Array.from({ length: taps }, (_, tap) =>
    Array.from({ length: height * width }, (_, at) => values[at * taps + tap] as number),
  );
  const most = extent(values);
  const view = html`<div class="taps" style="--columns: ${kernel[1]}${sample ? `; ${sampleStyle(sample.picture)}` : ''}">${maps.map(
    (map, tap) => {
      const pixels = new Uint8Array(map.flatMap((value) => [...rgba(value, most)]));
      const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
      const title = `tap ${tapName(tap, kernel)}: mean ${formatSmall(mean)}`;
      return html`<div class="map" title="${title}"><span class="under"></span><img class="over" alt="${title}" src="${pngDataUri(width, height, pixels)}"></div>`;
    },
  )}</div>`;
  return { view, most };
}
