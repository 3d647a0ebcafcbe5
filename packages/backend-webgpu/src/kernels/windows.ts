/** Where the windows of a convolution or a pooling lie, as uniforms and as WGSL. */
import type { backend_util } from '@tensorflow/tfjs-core';

export const windowUniforms = {
  size: 'u32',
  channels: 'u32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  kernelHeight: 'i32',
  kernelWidth: 'i32',
  strideHeight: 'i32',
  strideWidth: 'i32',
  dilationHeight: 'i32',
  dilationWidth: 'i32',
  top: 'i32',
  left: 'i32',
} as const;

type Info = backend_util.Conv2DInfo;

/** @param size number of invocations. @param channels of a map, in elements of the program's type. */
export function windowsOf(info: Info, size: number, channels: number) {
  return {
    size,
    channels,
    height: info.inHeight,
    width: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    dilationHeight: info.dilationHeight,
    dilationWidth: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/**
 * WGSL: `Place` of element i of a map [B,height,width,channels]; `at(place)` is that element again, and `isIn(row, column)` whether
 * x has such a pixel.
 */
export const PLACES = `
struct Place { image: i32, row: i32, column: i32, channel: u32 }
fn placeIn(i: u32, height: i32, width: i32) -> Place {
  let pixel = i32(i / u.channels);
  let line = pixel / width;
  return Place(line / height, line % height, pixel % width, i % u.channels);
}
fn index(image: i32, row: i32, column: i32, channel: u32, height: i32, width: i32) -> u32 {
  return u32((image * height + row) * width + column) * u.channels + channel;
}
fn inX(image: i32, row: i32, column: i32, channel: u32) -> u32 {
  return index(image, row, column, channel, u.height, u.width);
}
fn inY(image: i32, row: i32, column: i32, channel: u32) -> u32 {
  return index(image, row, column, channel, u.outHeight, u.outWidth);
}
fn isIn(row: i32, column: i32) -> bool {
  return row >= 0 && row < u.height && column >= 0 && column < u.width;
}`;

/**
 * WGSL that runs `body` for each window of y (at `i`, `j`) and each of its taps (`p`, `q`) that reads the pixel of x
 * at `place`.
 */
export const eachWindowOf = (body: string) => `
    for (var p = 0; p < u.kernelHeight; p++) {
      let down = place.row + u.top - p * u.dilationHeight;
      if (down < 0 || down % u.strideHeight != 0) { continue; }
      let i = down / u.strideHeight;
      if (i >= u.outHeight) { continue; }
      for (var q = 0; q < u.kernelWidth; q++) {
        let right = place.column + u.left - q * u.dilationWidth;
        if (right < 0 || right % u.strideWidth != 0) { continue; }
        let j = right / u.strideWidth;
        if (j >= u.outWidth) { continue; }
        ${body}
      }
    }`;
