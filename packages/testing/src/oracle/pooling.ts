/**
 * Max and average pooling in float64, channel by channel. As in TensorFlow, padding takes no part: it is never
 * the largest, and the average divides by the elements inside the image. Of equal elements the first in
 * row-major order is the largest; the gradient of max goes to it alone.
 */
import { dimensions4, type NdArray, ndArray } from './array';
import { type Pair, windowAxis } from './window';

export interface PoolingOptions {
  /** [height, width] */
  readonly window: Pair;
  readonly strides: Pair;
  readonly pad: 'same' | 'valid';
}

/** y [B, H', W', C] of x [B, H, W, C]. */
export function maxPoolForward(x: NdArray, options: PoolingOptions): NdArray {
  const y = ndArray(pooledShape(x, options));
  visitWindows(x, options, (elements, out) => {
    y.data[out] = x.data[largest(x, elements)]!;
  });
  return y;
}

/** Gradient by x of Σ y · dy. */
export function maxPoolGradient(x: NdArray, dy: NdArray, options: PoolingOptions): NdArray {
  const dx = ndArray(x.shape);
  visitWindows(x, options, (elements, out) => {
    dx.data[largest(x, elements)]! += dy.data[out]!;
  });
  return dx;
}

/** y [B, H', W', C] of x [B, H, W, C]. */
export function avgPoolForward(x: NdArray, options: PoolingOptions): NdArray {
  const y = ndArray(pooledShape(x, options));
  visitWindows(x, options, (elements, out) => {
    for (const element of elements) y.data[out]! += x.data[element]! / elements.length;
  });
  return y;
}

/** Gradient by x of Σ y · dy; x's values do not matter, its shape does. */
export function avgPoolGradient(x: NdArray, dy: NdArray, options: PoolingOptions): NdArray {
  const dx = ndArray(x.shape);
  visitWindows(x, options, (elements, out) => {
    for (const element of elements) dx.data[element]! += dy.data[out]! / elements.length;
  });
  return dx;
}

function largest(x: NdArray, elements: readonly number[]): number {
  return elements.reduce((best, element) => (x.data[element]! > x.data[best]! ? element : best));
}

function pooledShape(x: NdArray, options: PoolingOptions): number[] {
  const [batch, , , channels] = dimensions4('x', x.shape);
  const [rows, columns] = axes(x, options);
  return [batch, rows.out, columns.out, channels];
}

function axes(x: NdArray, { window, strides, pad }: PoolingOptions) {
  const [, height, width] = dimensions4('x', x.shape);
  return [
    windowAxis(0, height, window[0], strides[0], 1, pad),
    windowAxis(1, width, window[1], strides[1], 1, pad),
  ] as const;
}

/** Calls `visit` with the elements inside the image of each window, row-major, and the index of its output. */
function visitWindows(
  x: NdArray,
  options: PoolingOptions,
  visit: (elements: readonly number[], out: number) => void,
): void {
  const [batch, height, width, channels] = dimensions4('x', x.shape);
  const [rows, columns] = axes(x, options);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let c = 0; c < channels; c++) {
          const elements: number[] = [];
          for (let p = 0; p < rows.taps; p++)
            for (let q = 0; q < columns.taps; q++) {
              const [row, column] = [rows.read(i, p), columns.read(j, q)];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              elements.push(((b * height + row) * width + column) * channels + c);
            }
          visit(elements, ((b * rows.out + i) * columns.out + j) * channels + c);
        }
}
