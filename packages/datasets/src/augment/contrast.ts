// Contrast as Pillow's ImageEnhance has it: the image, blended with its mean grey (of luma, rounded),
//
//     out = grey + factor · (in - grey)
//
// cut off at 0 and 255. 0: grey; 1: the image. For images of one channel and of three.

import { applyTable, blend, luma, tableOf } from './byte-op';

export function contrast(image: Uint8Array, channels: number, factor: number): void {
  let sum = 0;
  if (channels === 3)
    for (let i = 0; i < image.length; i += 3) sum += luma(image[i]!, image[i + 1]!, image[i + 2]!);
  else for (let i = 0; i < image.length; i++) sum += image[i]!;
  const grey = Math.floor(sum / (image.length / channels) + 0.5);
  const f = Math.fround(factor);
  applyTable(
    image,
    tableOf((byte) => blend(grey, byte, f)),
  );
}
