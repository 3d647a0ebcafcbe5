// Brightness as Pillow's ImageEnhance has it: the image, blended with black,
//
//     out = factor · in
//
// cut off at 255. 0: black; 1: the image.

import { applyTable, tableOf, toByte } from './byte-op';

export function brightness(image: Uint8Array, factor: number): void {
  applyTable(
    image,
    tableOf((byte) => toByte(Math.fround(factor) * byte)),
  );
}
