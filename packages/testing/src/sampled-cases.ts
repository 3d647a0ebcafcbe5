/**
 * The geometries that a convolution at offsets is tried on: windows even and odd, uneven strides, dilation, padding of
 * every kind, single pixels, batches of 0, 1 and 33; offsets near, half, whole, far outside the map and huge, and shared
 * over images, rows and columns; every form of m. A case's name carries its numbers.
 */
import type { ConvolutionOptions } from './oracle/convolution';
import { convolutionGeometry } from './oracle/convolution';
import type { SampledArguments } from './oracle/sampling';
import type { Padding } from './oracle/window';
import { randomUniform } from './random';

export interface SampledCase {
  readonly name: string;
  /** [B, H, W, C] */
  readonly x: readonly [number, number, number, number];
  /** [kh, kw, C, F] */
  readonly w: readonly [number, number, number, number];
  /** Shape of m, one of the seam's forms. */
  readonly m: readonly number[] | null;
  /** Shape of the offsets. */
  readonly offsets: readonly [number, number, number, number];
  readonly places: keyof typeof places;
  readonly options: ConvolutionOptions;
}

/** How far taps are moved. */
const places = {
  /** Within an element and a half, on no element and no border. */
  near: (value: number) => 1.5 * value,
  /** Many wholly outside the map. */
  far: (value: number) => 8 * value,
  /** Whole and half elements: on elements, on the border, and one beside it. */
  whole: (value: number) => Math.round(6 * value) / 2,
  huge: (value: number) => (value < -0.5 ? -1e6 : value > 0.5 ? 1e6 : value),
} as const;

type Four = readonly [number, number, number, number];
type Row = readonly [
  x: Four,
  w: Four,
  strides: readonly [number, number],
  dilation: number,
  pad: Padding,
  offsets: string,
  m: string | null,
  places: keyof typeof places,
];

const rows: readonly Row[] = [
  [[2, 4, 5, 3], [3, 3, 3, 4], [1, 1], 1, 'same', 'BHW', null, 'near'],
  [[2, 4, 5, 3], [3, 3, 3, 4], [1, 1], 1, 'same', 'BHW', 'BHWK', 'near'],
  [[2, 4, 5, 3], [3, 3, 3, 2], [1, 1], 1, 'same', 'BHW', 'BHWKK', 'near'],
  [[2, 4, 5, 4], [3, 3, 4, 4], [1, 1], 1, 'valid', '111', 'K', 'near'],
  [[2, 4, 5, 2], [3, 3, 2, 2], [1, 1], 1, 'valid', 'B11', 'KK', 'far'],
  [[2, 5, 6, 3], [3, 2, 3, 5], [2, 1], 1, 'same', '111', 'BHWK', 'far'],
  [[2, 5, 6, 8], [2, 4, 8, 3], [2, 3], 1, 'valid', 'B11', 'B11K', 'near'],
  [[1, 6, 5, 2], [3, 3, 2, 3], [1, 1], 2, 'same', 'BHW', '111KK', 'far'],
  [[2, 6, 5, 2], [2, 2, 2, 2], [2, 2], 2, 'same', '1HW', '1H1K', 'near'],
  [[2, 4, 4, 2], [3, 3, 2, 3], [1, 1], 1, 'same', 'BHW', 'BHWK', 'whole'],
  [[2, 4, 4, 2], [2, 2, 2, 3], [1, 1], 1, 'valid', '11W', 'BHWKK', 'whole'],
  [[1, 4, 4, 3], [3, 3, 3, 2], [1, 1], 1, 'same', 'BHW', 'BHWK', 'huge'],
  [[2, 1, 1, 5], [3, 3, 5, 2], [1, 1], 1, 'same', 'BHW', 'BHWK', 'near'],
  [[2, 1, 1, 1], [1, 1, 1, 1], [1, 1], 1, 'valid', 'B11', null, 'near'],
  [[0, 4, 4, 2], [3, 3, 2, 3], [1, 1], 1, 'same', 'BHW', 'BHWK', 'near'],
  [[0, 4, 4, 2], [3, 3, 2, 3], [1, 1], 1, 'same', '111', null, 'near'],
  [[33, 2, 3, 2], [2, 2, 2, 2], [1, 1], 1, 'same', 'BHW', 'BHWK', 'near'],
  [
    [2, 3, 4, 2],
    [3, 3, 2, 2],
    [1, 2],
    1,
    [
      [2, 3],
      [1, 3],
    ],
    'BHW',
    null,
    'far',
  ],
];

export const sampledCases: readonly SampledCase[] = rows.map(
  ([x, w, strides, dilation, pad, offsets, form, how]) => {
    const options: ConvolutionOptions = { strides, pad, dilations: [dilation, dilation] };
    const { outputShape, taps } = convolutionGeometry(x, w, options);
    const [B, H, W] = outputShape;
    const sizes: Record<string, number> = { B, H, W, K: taps, '1': 1 };
    const shape = (letters: string) => Array.from(letters, (letter) => sizes[letter]!);
    const m = form === null ? null : shape(form);
    const padding = typeof pad === 'string' ? pad : pad.flat().join(' ');
    return {
      name: `x ${x.join('x')}, w ${w.join('x')}, stride ${strides.join('x')}, dilation ${dilation}, pad ${padding}, ${how} offsets ${offsets}, m ${form}`,
      x,
      w,
      m,
      offsets: [...shape(offsets), 2 * taps] as unknown as Four,
      places: how,
      options,
    };
  },
);

/** The operands of a case and dy, uniform in [-1, 1) but for the offsets, and rounded to float32. */
export function sampledArguments(each: SampledCase, seed = 1): SampledArguments {
  const { outputShape } = convolutionGeometry(each.x, each.w, each.options);
  const moves = randomUniform(each.offsets, seed + 4);
  return {
    x: randomUniform(each.x, seed),
    w: randomUniform(each.w, seed + 1),
    m: each.m && randomUniform(each.m, seed + 2),
    dy: randomUniform(outputShape, seed + 3),
    offsets: { shape: moves.shape, data: moves.data.map((value) => Math.fround(places[each.places](value))) },
  };
}
