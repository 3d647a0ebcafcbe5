/**
 * The odd geometries every convolution is tried on: rectangular and even kernels, uneven strides, dilation,
 * batches of 0 and 33, single pixels, single channels, every kind of padding, windows larger than the image;
 * and every form of m. A case's name carries its numbers.
 */
import { type ConvolutionOptions, convolutionGeometry, type Quadrilinear } from './oracle/convolution';
import type { Padding } from './oracle/window';
import { randomUniform } from './random';

/** The shapes and options of one convolution to check. */
export interface ConvolutionCase {
  readonly name: string;
  /** [B, H, W, C] */
  readonly x: readonly [number, number, number, number];
  /** [kh, kw, C, F] */
  readonly w: readonly [number, number, number, number];
  /** Shape of m, one of the seam's forms. */
  readonly m: readonly number[] | null;
  readonly options: ConvolutionOptions;
}

type Four = readonly [number, number, number, number];
type Geometry = readonly [
  x: Four,
  w: Four,
  strides: readonly [number, number],
  dilation: number,
  pad: Padding,
];

const geometries: readonly Geometry[] = [
  [[2, 5, 6, 3], [3, 3, 3, 4], [1, 1], 1, 'same'],
  [[2, 5, 6, 3], [3, 3, 3, 2], [1, 1], 1, 'valid'],
  [[2, 7, 6, 3], [3, 2, 3, 4], [2, 1], 1, 'same'],
  [[2, 7, 6, 3], [3, 2, 3, 4], [2, 1], 1, 'valid'],
  [[1, 7, 8, 2], [3, 3, 2, 3], [1, 1], 2, 'same'],
  [[1, 7, 8, 2], [3, 3, 2, 3], [2, 2], 2, 'same'],
  [[2, 6, 5, 2], [2, 4, 2, 3], [1, 1], 1, 'same'],
  [[2, 6, 5, 2], [4, 2, 2, 3], [2, 3], 1, 'valid'],
  [[2, 5, 5, 2], [2, 2, 2, 2], [1, 2], 2, 'same'],
  [[2, 4, 5, 3], [1, 1, 3, 2], [1, 1], 1, 'same'],
  [[2, 4, 5, 3], [1, 1, 3, 2], [2, 2], 1, 'valid'],
  [[2, 1, 1, 3], [3, 3, 3, 2], [1, 1], 1, 'same'],
  [[2, 1, 1, 1], [1, 1, 1, 1], [1, 1], 1, 'valid'],
  [[2, 2, 3, 2], [5, 5, 2, 3], [1, 1], 1, 'same'],
  [[3, 5, 4, 1], [3, 3, 1, 3], [1, 1], 1, 'same'],
  [[0, 5, 4, 2], [3, 3, 2, 3], [1, 1], 1, 'same'],
  [[33, 4, 3, 2], [3, 3, 2, 3], [1, 1], 1, 'same'],
  [
    [2, 5, 4, 2],
    [3, 3, 2, 3],
    [2, 1],
    1,
    [
      [2, 0],
      [1, 3],
    ],
  ],
  [
    [2, 3, 4, 2],
    [2, 3, 2, 2],
    [1, 1],
    1,
    [
      [3, 3],
      [0, 0],
    ],
  ],
];

/** Every geometry with m null, [K], [K, K], and one diagonal and one matrix for each position. */
const dense: readonly ConvolutionCase[] = geometries.flatMap((geometry) =>
  ([null, 'K', 'KK', 'BHWK', 'BHWKK'] as const).map((form) => convolutionCase(geometry, form)),
);

/** Two geometries with m the same over the batch, over rows, over columns, and over all positions. */
const broadcast: readonly ConvolutionCase[] = [geometries[2]!, geometries[17]!].flatMap((geometry) =>
  (['11WK', '1HWK', 'B11K', 'BH1K', '111K', '1HWKK', 'B1WKK', 'BH1KK', '111KK'] as const).map((form) =>
    convolutionCase(geometry, form),
  ),
);

/** Odd geometries with every form of m, for `checkGradients`. */
export const convolutionCases: readonly ConvolutionCase[] = [...dense, ...broadcast];

/** The arguments of the quadrilinear form for a case, uniform in [-1, 1) and rounded to float32. */
export function caseArguments({ x, w, m, options }: ConvolutionCase, seed = 1): Quadrilinear {
  const { outputShape } = convolutionGeometry(x, w, options);
  return {
    x: randomUniform(x, seed),
    w: randomUniform(w, seed + 1),
    m: m && randomUniform(m, seed + 2),
    dy: randomUniform(outputShape, seed + 3),
  };
}

function convolutionCase([x, w, strides, dilation, pad]: Geometry, form: string | null): ConvolutionCase {
  const options: ConvolutionOptions = { strides, pad, dilations: [dilation, dilation] };
  const { outputShape, taps } = convolutionGeometry(x, w, options);
  const [B, H, W] = outputShape;
  const sizes: Record<string, number> = { B, H, W, K: taps, '1': 1 };
  const m = form && Array.from(form, (letter) => sizes[letter]!);
  const padding = typeof pad === 'string' ? pad : pad.flat().join(' ');
  const name = `x ${x.join('x')}, w ${w.join('x')}, stride ${strides.join('x')}, dilation ${dilation}, pad ${padding}, m ${m ? m.join('x') : 'null'}`;
  return { name, x, w, m: m || null, options };
}
