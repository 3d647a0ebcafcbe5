/**
 * The operators that are no choice of M, as their papers write them, in float64: one kernel for each image
 * (CondConv, Yang et al. 2019; ODConv, Li et al. 2022) and one for each position (involution, Li et al. 2021).
 */
import { NeusimError } from '@neusim/registry';
import { dimensions4, type NdArray, ndArray, sizeOf } from './array';
import { type ConvolutionOptions, convolutionForward } from './convolution';
import { windowAxis } from './window';

/** What weights a mixture of kernels [n,kh,kw,C,F], for each of B images; absent: 1. */
export interface KernelAttention {
  /** αw [B,n]. */
  readonly kernel?: NdArray;
  /** αs [B,K]. */
  readonly tap?: NdArray;
  /** αc [B,C]. */
  readonly channel?: NdArray;
  /** αf [B,F]. */
  readonly filter?: NdArray;
}

/**
 * y[b] = (Σᵢ αw[b,i]·αs[b]·αc[b]·αf[b]·Wᵢ) ∗ x[b]; CondConv has αw alone.
 * @param x [B,H,W,C]. @param kernels [n,kh,kw,C,F]. @returns [B,H',W',F].
 */
export function mixtureForward(
  x: NdArray,
  kernels: NdArray,
  attention: KernelAttention,
  options: ConvolutionOptions,
): NdArray {
  const [batch, height, width, channels] = dimensions4('x', x.shape);
  const [count, rows, columns, inputs, filters] = kernels.shape as [number, number, number, number, number];
  if (kernels.shape.length !== 5 || inputs !== channels)
    throw new NeusimError('ORACLE_BAD_SHAPE', `x [${x.shape}] and kernels [${kernels.shape}] do not fit`, {
      data: { x: x.shape, kernels: kernels.shape },
    });
  const taps = rows * columns;
  const of = (weights: NdArray | undefined, b: number, size: number, i: number) =>
    weights ? (weights.data[b * size + i] as number) : 1;
  const images = Array.from({ length: batch }, (_, b) => {
    const w = ndArray([rows, columns, channels, filters]);
    for (let k = 0; k < taps; k++)
      for (let c = 0; c < channels; c++)
        for (let f = 0; f < filters; f++)
          for (let i = 0; i < count; i++)
            w.data[(k * channels + c) * filters + f]! +=
              of(attention.kernel, b, count, i) *
              of(attention.tap, b, taps, k) *
              of(attention.channel, b, channels, c) *
              of(attention.filter, b, filters, f) *
              kernels.data[((i * taps + k) * channels + c) * filters + f]!;
    const one = ndArray(
      [1, height, width, channels],
      x.data.slice(b * height * width * channels, (b + 1) * height * width * channels),
    );
    return convolutionForward({ x: one, w, m: null }, options);
  });
  const empty = convolutionForward(
    { x: ndArray([0, height, width, channels]), w: ndArray([rows, columns, channels, filters]), m: null },
    options,
  );
  const y = ndArray([batch, ...empty.shape.slice(1)]);
  for (const [b, image] of images.entries()) y.data.set(image.data, b * sizeOf(empty.shape.slice(1)));
  return y;
}

/**
 * y[b,i,j,c] = Σₖ H[b,i,j,g(c),k]·x[patch k, c].
 * @param x [B,H,W,C]. @param kernels H [B,H',W',G·K], group by group. @param window [kh,kw]. @returns [B,H',W',C].
 */
export function involutionForward(
  x: NdArray,
  kernels: NdArray,
  window: readonly [number, number],
  { strides, dilations, pad }: ConvolutionOptions,
): NdArray {
  const [batch, height, width, channels] = dimensions4('x', x.shape);
  const rows = windowAxis(0, height, window[0], strides[0], dilations[0], pad);
  const columns = windowAxis(1, width, window[1], strides[1], dilations[1], pad);
  const taps = window[0] * window[1];
  const groups = (kernels.shape[3] as number) / taps;
  const y = ndArray([batch, rows.out, columns.out, channels]);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let k = 0; k < taps; k++) {
          const row = rows.read(i, Math.floor(k / window[1]));
          const column = columns.read(j, k % window[1]);
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const position = (b * rows.out + i) * columns.out + j;
          for (let c = 0; c < channels; c++) {
            const group = Math.floor((c * groups) / channels);
            y.data[position * channels + c]! +=
              kernels.data[(position * groups + group) * taps + k]! *
              x.data[((b * height + row) * width + column) * channels + c]!;
          }
        }
  return y;
}

/** The mean over all positions: [B,H,W,C] to [B,C]. */
export function imageMeans(x: NdArray): NdArray {
  const [batch, height, width, channels] = dimensions4('x', x.shape);
  const y = ndArray([batch, channels]);
  for (let b = 0; b < batch; b++)
    for (let p = 0; p < height * width; p++)
      for (let c = 0; c < channels; c++)
        y.data[b * channels + c]! += x.data[(b * height * width + p) * channels + c]! / (height * width);
  return y;
}

/** x·w + bias along the last axis: [...,C] with w of C·U values, row by row, to [...,U]. */
export function denseForward(x: NdArray, w: NdArray, bias?: NdArray): NdArray {
  const inputs = x.shape.at(-1) as number;
  const units = w.data.length / inputs;
  const y = ndArray([...x.shape.slice(0, -1), units]);
  for (let p = 0; p < y.data.length / units; p++)
    for (let u = 0; u < units; u++) {
      let sum = bias ? (bias.data[u] as number) : 0;
      for (let c = 0; c < inputs; c++) sum += x.data[p * inputs + c]! * w.data[c * units + u]!;
      y.data[p * units + u] = sum;
    }
  return y;
}
