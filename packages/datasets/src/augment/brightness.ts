// Brightness as Pillow's ImageEnhance has it: the image, blended with black,
//
//     out = factor · in
//
// cut off at 255. 0: black; 1: the image.

import { applyTable, blend, tableOf } from './byte-op';

export function brightness(image: Uint8Array, factor: number): void {
  const f = Math.fround(factor);
  applyTable(
    image,
    tableOf((byte) => blend(0, byte, f)),
  );
}
