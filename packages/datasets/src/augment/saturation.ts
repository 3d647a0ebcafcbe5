// Saturation ("Color" in RandAugment) as Pillow's ImageEnhance has it: the image, blended with its own luma,
//
//     out = luma + factor · (in - luma)
//
// cut off at 0 and 255. 0: grey; 1: the image. An image of one channel is grey already, and stays as it is.

import { blend, luma } from './byte-op';

/** @param image [n, 3] */
export function saturation(image: Uint8Array, factor: number): void {
  const f = Math.fround(factor);
  const { length } = image;
  for (let i = 0; i < length; i += 3) {
    const red = image[i]!;
    const green = image[i + 1]!;
    const blue = image[i + 2]!;
    const grey = luma(red, green, blue);
    image[i] = blend(grey, red, f);
    image[i + 1] = blend(grey, green, f);
    image[i + 2] = blend(grey, blue, f);
  }
}
