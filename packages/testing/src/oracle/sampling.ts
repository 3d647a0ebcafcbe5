/**
 * Sampling at offsets and the convolution of what was sampled, in float64. Tap t of output (i, j) reads at
 *
 *     (i · stride + row of t · dilation - padding + dy, j · … + dx)
 *
 * the mean of the four elements around it, weighted by nearness; an element outside the map is 0. At a whole offset the
 * derivative is that of the cell below and to the right, as floor says.
 */
import { NeusimError } from '@neusim/registry';
import { type NdArray, ndArray } from './array';
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  convolutionForward,
  convolutionGeometry,
  convolutionGradients,
  type Quadrilinear,
} from './convolution';

export interface SampledArguments extends Quadrilinear {
  /** [B|1, H'|1, W'|1, 2K], (dy, dx) for each tap, in elements of x. */
  readonly offsets: NdArray;
}

/** Order of the derivative of what is read by dy and by dx: 0 or 1. */
export type SamplingOrder = readonly [number, number];

/** What the taps read, [B, H', W', K, C]. @param window [kh, kw]. */
export function sampledPatches(
  x: NdArray,
  offsets: NdArray,
  window: readonly [number, number],
  options: ConvolutionOptions,
  order: SamplingOrder = [0, 0],
): NdArray {
  const g = geometryOf(x, window, options);
  const patches = ndArray([g.batch, g.rows.out, g.columns.out, g.taps, g.channels]);
  visitElements(g, offsets, ({ pixel, patch, y, x: across }) => {
    const weight = y[order[0]]! * across[order[1]]!;
    for (let c = 0; c < g.channels; c++)
      patches.data[patch * g.channels + c]! += weight * x.data[pixel * g.channels + c]!;
  });
  return patches;
}

/** Gradients of Σ patches · dpatches by x and offsets, each in its argument's shape. */
export function sampledPatchesGradients(
  x: NdArray,
  offsets: NdArray,
  dpatches: NdArray,
  window: readonly [number, number],
  options: ConvolutionOptions,
  [a, b]: SamplingOrder = [0, 0],
) {
  const g = geometryOf(x, window, options);
  const dx = ndArray(x.shape);
  const doffsets = ndArray(offsets.shape);
  visitElements(g, offsets, ({ pixel, patch, offset, y, x: across }) => {
    for (let c = 0; c < g.channels; c++) {
      const grad = dpatches.data[patch * g.channels + c]!;
      const value = x.data[pixel * g.channels + c]!;
      dx.data[pixel * g.channels + c]! += y[a]! * across[b]! * grad;
      doffsets.data[offset]! += y[a + 1]! * across[b]! * value * grad;
      doffsets.data[offset + 1]! += y[a]! * across[b + 1]! * value * grad;
    }
  });
  return { dx, doffsets };
}

/** y [B, H', W', F] of Wᵀ·M·S(x); m as the convolution's oracle takes it. */
export function sampledConvolutionForward(
  { x, w, m, offsets }: Omit<SampledArguments, 'dy'>,
  options: ConvolutionOptions,
): NdArray {
  const patches = sampledPatches(x, offsets, windowOf(w), options);
  return convolutionForward({ x: asMap(patches), w: asRow(w), m }, rowOptions(w));
}

/** Gradients of Σ y · dy by x, w, m and offsets, each in its argument's shape; m's null where m is null. */
export function sampledConvolutionGradients(
  { x, w, m, offsets, dy }: SampledArguments,
  options: ConvolutionOptions,
) {
  const patches = sampledPatches(x, offsets, windowOf(w), options);
  const inner = convolutionGradients({ x: asMap(patches), w: asRow(w), m, dy }, rowOptions(w));
  const dpatches = { shape: patches.shape, data: inner.dx.data };
  return {
    ...sampledPatchesGradients(x, offsets, dpatches, windowOf(w), options),
    dw: { shape: w.shape, data: inner.dw.data },
    dm: inner.dm,
  };
}

const windowOf = ({ shape }: NdArray) => [shape[0] as number, shape[1] as number] as const;

const geometryOf = (x: NdArray, [height, width]: readonly [number, number], options: ConvolutionOptions) =>
  convolutionGeometry(x.shape, [height, width, x.shape[3] as number, 1], options);

/** Patches side by side: a map in which each window is one row of taps. */
function asMap({ shape, data }: NdArray): NdArray {
  const [batch, height, width, taps, channels] = shape as [number, number, number, number, number];
  return { shape: [batch, height, width * taps, channels], data };
}

function asRow({ shape, data }: NdArray): NdArray {
  const [height, width, channels, filters] = shape as [number, number, number, number];
  return { shape: [1, height * width, channels, filters], data };
}

function rowOptions(w: NdArray): ConvolutionOptions {
  const [height, width] = windowOf(w);
  return { strides: [1, height * width], pad: 'valid', dilations: [1, 1] };
}

interface Element {
  /** Of x: (image · H + row) · W + column. */
  readonly pixel: number;
  /** (position · K + tap), the place among patches. */
  readonly patch: number;
  /** Index of the tap's dy in offsets; its dx is the next. */
  readonly offset: number;
  /** Its nearness to the tap's place along each axis, and the first and second derivative of that by the offset. */
  readonly y: readonly number[];
  readonly x: readonly number[];
}

/** Visits each element of the map that a tap reads a part of. */
function visitElements(g: ConvolutionGeometry, offsets: NdArray, visit: (element: Element) => void): void {
  const { rows, columns, taps } = g;
  const [B, H, W] = checkedOffsets(g, offsets);
  for (let b = 0; b < g.batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let t = 0; t < taps; t++) {
          const own = ((B === 1 ? 0 : b) * H + (H === 1 ? 0 : i)) * W + (W === 1 ? 0 : j);
          const offset = (own * taps + t) * 2;
          const y = rows.read(i, Math.floor(t / columns.taps)) + offsets.data[offset]!;
          const x = columns.read(j, t % columns.taps) + offsets.data[offset + 1]!;
          const [top, left] = [Math.floor(y), Math.floor(x)];
          for (const row of [top, top + 1])
            for (const column of [left, left + 1]) {
              if (row < 0 || row >= rows.size || column < 0 || column >= columns.size) continue;
              visit({
                pixel: (b * rows.size + row) * columns.size + column,
                patch: ((b * rows.out + i) * columns.out + j) * taps + t,
                offset,
                y: [1 - Math.abs(y - row), row === top ? -1 : 1, 0],
                x: [1 - Math.abs(x - column), column === left ? -1 : 1, 0],
              });
            }
        }
}

function checkedOffsets(g: ConvolutionGeometry, { shape }: NdArray): readonly [number, number, number] {
  const allowed = g.outputShape.slice(0, 3);
  const fits =
    shape.length === 4 &&
    shape[3] === 2 * g.taps &&
    allowed.every((size, axis) => shape[axis] === size || shape[axis] === 1);
  if (!fits)
    throw new NeusimError(
      'ORACLE_BAD_SHAPE',
      `offsets have shape [${shape}], allowed is [B|1, H'|1, W'|1, ${2 * g.taps}] with [B, H', W'] = [${allowed}]`,
      { data: { shape: [...shape], taps: g.taps, outputShape: [...g.outputShape] } },
    );
  return shape as unknown as readonly [number, number, number];
}
