/** Geometry as tfjs says it, for engines that replace tfjs's own convolutions. */
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Geometry } from './geometry';

/** @param info of tfjs's `computeConv2DInfo`, channels last. */
export function fromConvInfo(info: backend_util.Conv2DInfo): Geometry {
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
    centre: [((info.effectiveFilterHeight - 1) >> 1) - top, ((info.effectiveFilterWidth - 1) >> 1) - left],
  };
}
