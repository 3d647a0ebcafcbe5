/** The geometry of a convolution as the seam hands it to kernels: sizes, and explicit padding. Frozen. */
export type Pair = readonly [number, number];

export interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly taps: number;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pad: readonly [Pair, Pair];
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Size of a kernel side with its gaps. */
export function dilatedSize(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** From tfjs's own description of a convolution. */
export function fromConvInfo(info: {
  inHeight: number;
  inWidth: number;
  inChannels: number;
  filterHeight: number;
  filterWidth: number;
  strideHeight: number;
  strideWidth: number;
  dilationHeight: number;
  dilationWidth: number;
  padInfo: { top: number; bottom: number; left: number; right: number };
  outHeight: number;
  outWidth: number;
}): Geometry {
  const { top, bottom, left, right } = info.padInfo;
  return {
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    taps: info.filterHeight * info.filterWidth,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pad: [
      [top, bottom],
      [left, right],
    ],
    outHeight: info.outHeight,
    outWidth: info.outWidth,
  };
}
