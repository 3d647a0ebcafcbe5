/** What a convolution is told about its shapes: a block of 32-bit integers that the caller writes. */
@unmanaged
export class Geometry {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  /** Negative where the windows begin inside the map. */
  padTop: i32;
  padLeft: i32;
  outHeight: i32;
  outWidth: i32;
  filters: i32;
  /** Values of m at a position: 0 (no m), K (a diagonal) or K·K. */
  values: i32;
  /** Floats of m from one image, row and column to the next; 0 where m is broadcast. */
  strideBatch: i32;
  strideRow: i32;
  strideColumn: i32;
  /** The same of the offsets, where taps are moved. */
  offsetBatch: i32;
  offsetRow: i32;
  offsetColumn: i32;
}

@inline
export function taps(g: Geometry): i32 {
  return g.kernelHeight * g.kernelWidth;
}
