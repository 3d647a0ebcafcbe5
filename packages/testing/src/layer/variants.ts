/**
 * The odd shapes a layer is tried on besides its own input shape. A convolution takes each variant's options
 * into its arguments; any other layer ignores them and meets the odd inputs alone.
 */

/** The part of tfjs's Conv2D arguments that makes its geometry. */
export interface WindowOptions {
  kernelSize: [number, number];
  strides: [number, number];
  padding: 'same' | 'valid';
  dilationRate: [number, number];
}

export interface LayerVariant {
  /** Carries the variant's numbers. */
  readonly name: string;
  readonly batch: number;
  /** Without the batch. */
  readonly inputShape: readonly number[];
  readonly options: WindowOptions;
}

/** A 3×3 window, stride 1, no dilation, `same`. */
export const plainWindow: Readonly<WindowOptions> = {
  kernelSize: [3, 3],
  strides: [1, 1],
  padding: 'same',
  dilationRate: [1, 1],
};

/**
 * Variants for an input shape without its batch: for images [height, width, channels] batches of 0, 1 and 33, a
 * single pixel, a single channel, rectangular, even, large and 1×1 kernels, uneven strides, dilation, stride
 * with dilation, and `valid`; for other ranks the batches alone.
 */
export function layerVariants(inputShape: readonly number[]): LayerVariant[] {
  const variant = (
    name: string,
    batch: number,
    shape: readonly number[] = inputShape,
    options: Partial<WindowOptions> = {},
  ): LayerVariant => ({ name, batch, inputShape: shape, options: { ...plainWindow, ...options } });

  if (inputShape.length !== 3) return [variant('batch 0', 0), variant('batch 1', 1), variant('batch 33', 33)];
  const channels = inputShape[2]!;
  const small = [7, 6, channels];
  return [
    variant('batch 0', 0, [5, 4, channels]),
    variant('batch 1', 1, [5, 4, channels]),
    variant('batch 33', 33, [4, 3, channels]),
    variant('image 1x1', 2, [1, 1, channels]),
    variant('channels 1', 2, [6, 5, 1]),
    variant('kernel 1x1', 2, small, { kernelSize: [1, 1] }),
    variant('kernel 3x2', 2, small, { kernelSize: [3, 2] }),
    variant('kernel 2x4', 2, small, { kernelSize: [2, 4] }),
    variant('kernel 5x5 on 3x4', 2, [3, 4, channels], { kernelSize: [5, 5] }),
    variant('kernel 3x2 stride 2x1', 2, small, { kernelSize: [3, 2], strides: [2, 1] }),
    variant('kernel 2x2 stride 1x2 valid', 2, small, {
      kernelSize: [2, 2],
      strides: [1, 2],
      padding: 'valid',
    }),
    variant('valid', 2, small, { padding: 'valid' }),
    variant('dilation 2', 2, small, { dilationRate: [2, 2] }),
    variant('stride 2x1 dilation 2', 2, small, { strides: [2, 1], dilationRate: [2, 2] }),
  ];
}
