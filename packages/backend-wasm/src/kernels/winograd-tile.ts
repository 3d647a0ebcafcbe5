/** Whether a convolution takes Winograd's algorithm, and with which tiles. */
import type { Geometry } from '@neusim/core';

/**
 * `direct`: never. `exact`: F(2×2,3×3), whose error is about that of the plain sum. `fast`: F(4×4,3×3) where that is
 * less work; its error is seven times as large, 5e-6 of the largest value.
 */
export type Precision = 'direct' | 'exact' | 'fast';

let precision: Precision = 'exact';

/** Chooses for all convolutions from now on. */
export function setPrecision(chosen: Precision): void {
  precision = chosen;
}

/** What transforming a value costs, in multiply-adds: more where pixels are no whole vectors, and are copied first. */
const TRANSFORM = 4;
const TRANSFORM_ODD = 6;
/** What transforming a value of the kernel costs, once a call. */
const TRANSFORM_KERNEL = 12;

/** Outputs of a tile's side, 2 or 4; 0 for the plain sum. */
export function winogradTile(g: Geometry, batch: number, filters: number): 0 | 2 | 4 {
  const { channels, kernelHeight, kernelWidth, strides, dilations, outHeight, outWidth } = g;
  const fits = kernelHeight === 3 && kernelWidth === 3 && [...strides, ...dilations].every((n) => n === 1);
  if (!fits || precision === 'direct') return 0;
  const transform = channels % 4 === 0 && filters % 4 === 0 ? TRANSFORM : TRANSFORM_ODD;
  const products = channels * filters;
  const work = (n: number) => {
    const tiles = batch * Math.ceil(outHeight / n) * Math.ceil(outWidth / n);
    return (
      (n + 2) ** 2 * (tiles * (products + transform * (channels + filters)) + TRANSFORM_KERNEL * products)
    );
  };
  const plain = 9 * batch * outHeight * outWidth * products;
  if (precision === 'fast' && work(4) < Math.min(plain, work(2))) return 4;
  return work(2) < plain ? 2 : 0;
}
