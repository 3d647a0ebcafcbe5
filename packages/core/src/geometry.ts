/**
 * The geometry of a convolution, computed and checked once: sizes, explicit padding, and where the centre of
 * each output's window lies. Everything below the layer works with explicit padding only.
 */
import { NeusimError } from '@neusim/registry';

export type Pair = readonly [number, number];
/** `same` and `valid` as TensorFlow defines them, or explicit zero padding [[top, bottom], [left, right]]. */
export type Padding = 'same' | 'valid' | readonly [Pair, Pair];

export interface ConvOptions {
  /** [height, width], at least 1 each; default [1, 1]. */
  readonly strides?: Pair;
  /** Default `valid`. */
  readonly pad?: Padding;
  /** [height, width], at least 1 each; default [1, 1]. May be above 1 together with strides. */
  readonly dilations?: Pair;
}

export interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** K = kernelHeight · kernelWidth; tap t = kernelWidth · row + column. */
  readonly taps: number;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pad: readonly [Pair, Pair];
  readonly outHeight: number;
  readonly outWidth: number;
  /**
   * Input row (column) of the centre of output row (column) i is i · stride + centre; for even windows the
   * element before the middle, the one that `same` padding aligns with the output.
   */
  readonly centre: Pair;
}

/**
 * Geometry of a convolution of an input [height, width, channels] with a kernel [kernelHeight, kernelWidth].
 * @throws NeusimError GEOMETRY_INVALID for sizes, strides, dilations or padding out of range, and
 *   GEOMETRY_KERNEL_TOO_LARGE where the padded input is smaller than the dilated kernel.
 */
export function geometry(
  input: readonly [number, number, number],
  kernel: Pair,
  options: ConvOptions = {},
): Geometry {
  const strides = atLeast(1, 'strides', options.strides ?? [1, 1]);
  const dilations = atLeast(1, 'dilations', options.dilations ?? [1, 1]);
  atLeast(1, 'kernel size', kernel);
  const [height, width, channels] = input;
  const rows = axis('height', height, kernel[0], strides[0], dilations[0], options.pad ?? 'valid', 0);
  const columns = axis('width', width, kernel[1], strides[1], dilations[1], options.pad ?? 'valid', 1);
  return Object.freeze({
    height,
    width,
    channels,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    taps: kernel[0] * kernel[1],
    strides,
    dilations,
    pad: [rows.pad, columns.pad] as const,
    outHeight: rows.out,
    outWidth: columns.out,
    centre: [rows.centre, columns.centre] as const,
  });
}

/** Size of a kernel side with its gaps: (kernel - 1) · dilation + 1. */
export function dilatedSize(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

function atLeast(least: number, what: string, pair: Pair): Pair {
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < least))
    throw new NeusimError(
      'GEOMETRY_INVALID',
      `${what} must be two whole numbers of at least ${least}, not ${JSON.stringify(pair)}`,
      { data: { [what]: pair }, hint: `Give ${what} as [height, width].` },
    );
  return Object.freeze([pair[0], pair[1]] as const);
}

function axis(
  name: string,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: Padding,
  index: 0 | 1,
): { pad: Pair; out: number; centre: number } {
  const window = dilatedSize(kernel, dilation);
  const pad = explicitPadding(padding, size, window, stride, index);
  const room = size + pad[0] + pad[1] - window;
  if (room < 0)
    throw new NeusimError(
      'GEOMETRY_KERNEL_TOO_LARGE',
      `kernel size ${kernel}${dilation > 1 ? ` with dilation ${dilation} (window ${window})` : ''} > padded input size ${size + pad[0] + pad[1]} in dimension ${name}`,
      {
        data: { dimension: name, kernel, dilation, window, input: size, pad },
        hint: "Use a smaller kernel or dilation, a larger input, or pad: 'same'.",
      },
    );
  const out = Math.floor(room / stride) + 1;
  return { pad, out, centre: ((window - 1) >> 1) - pad[0] };
}

function explicitPadding(padding: Padding, size: number, window: number, stride: number, index: 0 | 1): Pair {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
    return [total >> 1, total - (total >> 1)];
  }
  if (!Array.isArray(padding) || padding.length !== 2)
    throw new NeusimError('GEOMETRY_INVALID', `padding ${JSON.stringify(padding)} is not known`, {
      data: { pad: padding },
      hint: "Allowed: 'same', 'valid' or [[top, bottom], [left, right]].",
    });
  return atLeast(0, 'padding', padding[index] as Pair);
}
