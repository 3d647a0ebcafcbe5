/**
 * Neural similarity convolution as the plain sum it is, in float64. With P[s,c] the input under tap s,
 *
 *     y[b,i,j,f] = Σ_{k,s,c} W[k,c,f] · M[b,i,j,k,s] · P[b,i,j,s,c]
 *     Q(x,w,m,dy) = Σ y · dy
 *
 * Rows of M are kernel taps k, columns input taps s, both row-major over the window; padding reads zeros. Q is
 * linear in each of its four arguments, so y, dX, dW and dM are its partial derivatives, and second derivatives
 * are Q again with arguments replaced. One function visits the products of the sum; the rest adds them up.
 */
import { NeusimError } from '@neusim/registry';
import { dimensions4, type NdArray, ndArray } from './array';
import { type Axis, type Padding, type Pair, windowAxis } from './window';

export interface ConvolutionOptions {
  /** [height, width], at least 1. */
  readonly strides: Pair;
  readonly pad: Padding;
  /** [height, width], at least 1. */
  readonly dilations: Pair;
}

export interface ConvolutionGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly rows: Axis;
  readonly columns: Axis;
  /** K, the taps of the window. */
  readonly taps: number;
  /** [B, H', W', F] */
  readonly outputShape: readonly [number, number, number, number];
}

/**
 * Geometry of x [B, H, W, C] under w [kh, kw, C, F].
 * @throws NeusimError ORACLE_BAD_SHAPE for other ranks or channels that differ, ORACLE_EMPTY_OUTPUT for a
 *   window larger than the padded input.
 */
export function convolutionGeometry(
  xShape: readonly number[],
  wShape: readonly number[],
  { strides, pad, dilations }: ConvolutionOptions,
): ConvolutionGeometry {
  const [batch, height, width, channels] = dimensions4('x', xShape);
  const [kernelHeight, kernelWidth, kernelChannels, filters] = dimensions4('w', wShape);
  if (channels !== kernelChannels)
    throw new NeusimError('ORACLE_BAD_SHAPE', `x has ${channels} channels, w takes ${kernelChannels}`, {
      data: { xShape: [...xShape], wShape: [...wShape] },
    });
  const rows = windowAxis(0, height, kernelHeight, strides[0], dilations[0], pad);
  const columns = windowAxis(1, width, kernelWidth, strides[1], dilations[1], pad);
  const outputShape = [batch, rows.out, columns.out, filters] as const;
  return { batch, channels, filters, rows, columns, taps: kernelHeight * kernelWidth, outputShape };
}

/** The four arguments of Q. */
export interface Quadrilinear {
  /** [B, H, W, C] */
  readonly x: NdArray;
  /** [kh, kw, C, F] */
  readonly w: NdArray;
  /** null | [K] | [K, K] | [B|1, H'|1, W'|1, K] | [B|1, H'|1, W'|1, K, K] */
  readonly m: NdArray | null;
  /** [B, H', W', F] */
  readonly dy: NdArray;
}

/** y [B, H', W', F]. */
export function convolutionForward(
  { x, w, m }: Omit<Quadrilinear, 'dy'>,
  options: ConvolutionOptions,
): NdArray {
  const g = convolutionGeometry(x.shape, w.shape, options);
  const y = ndArray(g.outputShape);
  visitProducts(g, m, (xi, wi, mi, yi) => {
    y.data[yi]! += x.data[xi]! * w.data[wi]! * (m ? m.data[mi]! : 1);
  });
  return y;
}

/** Gradients of Q by x, w and m, each in its argument's shape; m's null where m is null. */
export function convolutionGradients({ x, w, m, dy }: Quadrilinear, options: ConvolutionOptions) {
  const g = convolutionGeometry(x.shape, w.shape, options);
  const dx = ndArray(x.shape);
  const dw = ndArray(w.shape);
  const dm = m && ndArray(m.shape);
  visitProducts(g, m, (xi, wi, mi, yi) => {
    const similarity = m ? m.data[mi]! : 1;
    dx.data[xi]! += w.data[wi]! * similarity * dy.data[yi]!;
    dw.data[wi]! += x.data[xi]! * similarity * dy.data[yi]!;
    if (dm) dm.data[mi]! += x.data[xi]! * w.data[wi]! * dy.data[yi]!;
  });
  return { dx, dw, dm };
}

/**
 * Gradients by x, w, m and dy of S = <dX, u> + <dW, v> + <dM, t>, with u, v, t in the shapes of x, w, m.
 * S = Q(u,w,m,dy) + Q(x,v,m,dy) + Q(x,w,t,dy), so each product of the sum gives three.
 */
export function convolutionSecondGradients(
  { x, w, m, dy }: Quadrilinear,
  { u, v, t }: { readonly u: NdArray; readonly v: NdArray; readonly t: NdArray | null },
  options: ConvolutionOptions,
) {
  const g = convolutionGeometry(x.shape, w.shape, options);
  const dx = ndArray(x.shape);
  const dw = ndArray(w.shape);
  const dm = m && ndArray(m.shape);
  const ddy = ndArray(dy.shape);
  visitProducts(g, m, (xi, wi, mi, yi) => {
    const [X, W, M, Y] = [x.data[xi]!, w.data[wi]!, m ? m.data[mi]! : 1, dy.data[yi]!];
    const [U, V, T] = [u.data[xi]!, v.data[wi]!, t ? t.data[mi]! : 0];
    dx.data[xi]! += (V * M + W * T) * Y;
    dw.data[wi]! += (U * M + X * T) * Y;
    if (dm) dm.data[mi]! += (U * W + X * V) * Y;
    ddy.data[yi]! += U * W * M + X * V * M + X * W * T;
  });
  return { dx, dw, dm, ddy };
}

type Visit = (xIndex: number, wIndex: number, mIndex: number, yIndex: number) => void;

function visitProducts(g: ConvolutionGeometry, m: NdArray | null, visit: Visit): void {
  const { rows, columns, channels, filters, taps } = g;
  const similarity = similarityIndex(g, m);
  for (let b = 0; b < g.batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let s = 0; s < taps; s++) {
          const row = rows.read(i, Math.floor(s / columns.taps));
          const column = columns.read(j, s % columns.taps);
          if (row < 0 || row >= rows.size || column < 0 || column >= columns.size) continue;
          const pixel = (b * rows.size + row) * columns.size + column;
          const position = (b * rows.out + i) * columns.out + j;
          const [first, last] = similarity.full ? [0, taps - 1] : [s, s];
          for (let k = first; k <= last; k++) {
            const entry = similarity.at(b, i, j, k, s);
            for (let c = 0; c < channels; c++)
              for (let f = 0; f < filters; f++)
                visit(pixel * channels + c, (k * channels + c) * filters + f, entry, position * filters + f);
          }
        }
}

interface SimilarityIndex {
  /** Whether M has entries off its diagonal. */
  readonly full: boolean;
  at(b: number, i: number, j: number, k: number, s: number): number;
}

/** How a form of m is indexed; a size of 1 before the taps stands for every position along it. */
function similarityIndex(g: ConvolutionGeometry, m: NdArray | null): SimilarityIndex {
  if (m === null) return { full: false, at: () => -1 };
  const { shape } = m;
  const K = g.taps;
  const positioned = shape.length >= 4;
  const full = shape.length === 2 || shape.length === 5;
  const [B, H, W] = positioned ? shape : [1, 1, 1];
  const expected = [...(positioned ? [B, H, W] : []), K, ...(full ? [K] : [])];
  const fits =
    shape.length !== 3 &&
    shape.length === expected.length &&
    shape.every((size, axis) => size === expected[axis]) &&
    (B === 1 || B === g.batch) &&
    (H === 1 || H === g.rows.out) &&
    (W === 1 || W === g.columns.out);
  if (!fits)
    throw new NeusimError(
      'ORACLE_BAD_SHAPE',
      `m has shape [${shape}], allowed are [K], [K, K], [B|1, H'|1, W'|1, K] and [B|1, H'|1, W'|1, K, K] with K = ${K}, [B, H', W'] = [${g.outputShape.slice(0, 3)}]`,
      { data: { shape: [...shape], taps: K, outputShape: [...g.outputShape] } },
    );
  const at = (b: number, i: number, j: number, k: number, s: number) => {
    const position = ((B === 1 ? 0 : b) * H! + (H === 1 ? 0 : i)) * W! + (W === 1 ? 0 : j);
    return full ? (position * K + k) * K + s : position * K + k;
  };
  return { full, at };
}
