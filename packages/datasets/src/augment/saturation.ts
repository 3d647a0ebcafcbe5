// Saturation ("Color" in RandAugment) as Pillow's ImageEnhance has it: the image, blended with its own luma,
//
//     out = luma + factor · (in - luma)
//
// cut off at 0 and 255. 0: grey; 1: the image. An image of one channel is grey already, and stays as it is.

import { luma, toByte } from './byte-op';

/** @param image [n, 3] */
export function saturation(image: Uint8Array, factor: number): void {
  const f = Math.fround(factor);
  for (let i = 0; i < image.length; i += 3) {
    const grey = luma(image[i]!, image[i + 1]!, image[i + 2]!);
    for (let k = i; k < i + 3; k++) image[k] = toByte(grey + f * (image[k]! - grey));
  }
}
