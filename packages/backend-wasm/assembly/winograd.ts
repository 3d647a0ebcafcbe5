/**
 * Plain 3×3 convolutions of stride and dilation 1 by Winograd's F(n×n, 3×3) (Lavin & Gray 2016), n = 2 or 4: of each
 * tile of n×n outputs (n+2)² values are multiplied, 2.25 times (n = 4: 4 times) fewer than plainly. Tiles are taken in
 * blocks: transformed, multiplied plane by plane, transformed back.
 */
import { multiply, multiplyTransposed, pack, panelBytes } from './gemm';
import { Geometry } from './geometry';
import { free, loadFirst, pitch, scratch, storeFirst, zero } from './simd';
import { copy } from './vectors';
import { filter, filterTransposed, input4, inputs2, output4, outputs2, outputTransposed } from './winograd-transforms';

/** Floats of a block's transformed operands: they stay in the second-level cache. */
const BLOCK_FLOATS: i32 = 1 << 18;
/** Tiles of a block: multiples of every microkernel's rows. */
const BLOCK_STEP: i32 = 60;
const VECTOR: usize = 16;

/** Bytes of so many values as whole vectors. */
@inline
function vectors(count: i32): usize {
  return (<usize>((count + 3) & ~3)) << 2;
}

/** Tiles of a block: as the cache says, but enough for each value of the transformed kernel to pay its way. */
function blockTiles(planes: i32, channels: i32, filters: i32): i32 {
  const both = channels + filters;
  const most = max(BLOCK_FLOATS / (planes * both), (channels * filters) / both);
  return BLOCK_STEP * max(1, min(4, most / BLOCK_STEP));
}

/**
 * y[B,H',W',F] from x[B,H,W,C] and w. `turned`: w is [3,3,F,C], turned by 180 degrees, which makes this the gradient
 * of the input. `bias` [F] is added where it is not 0; `relu` cuts off what is below 0. False where there is no memory.
 */
export function winogradForward(
  g: Geometry, n: i32, x: usize, w: usize, turned: bool, y: usize, bias: usize, relu: bool,
): bool {
  const side = n + 2;
  const planes = side * side;
  const channels = g.channels;
  const filters = g.filters;
  const down = (g.outHeight + n - 1) / n;
  const across = (g.outWidth + n - 1) / n;
  const tiles = g.batch * down * across;
  const block = min(tiles, blockTiles(planes, channels, filters));
  const row = pitch(channels);
  const outRow = pitch(filters);
  const kernelPlane = <usize>panelBytes(channels, filters);
  const inPlane = <usize>block * row + 64;
  const outPlane = <usize>block * outRow + 64;
  const work = 3 * <usize>planes * VECTOR;
  const patch = <usize>planes * vectors(channels);
  const kernel = scratch(<u64>planes * (panelBytes(channels, filters) + inPlane + outPlane) + work + patch + 192);
  if (!kernel) return false;
  const inputs = kernel + <usize>planes * kernelPlane;
  const outputs = inputs + <usize>planes * inPlane;
  const edge = outputs + <usize>planes * outPlane;
  const scratchWork = edge + 192;
  const scratchPatch = scratchWork + work;
  if (!transformKernel(n, w, turned, channels, filters, kernel, kernelPlane, scratchWork)) {
    free(kernel);
    return false;
  }
  for (let first = 0; first < tiles; first += block) {
    const count = min(block, tiles - first);
    transformInputs(g, n, x, first, count, down, across, inputs, row, inPlane, scratchWork, scratchPatch);
    for (let plane = 0; plane < planes; plane++)
      multiply(
        inputs + <usize>plane * inPlane, row, kernel + <usize>plane * kernelPlane, outputs + <usize>plane * outPlane, outRow,
        count, filters, channels, false, edge,
      );
    writeOutputs(g, n, y, bias, relu, first, count, down, across, outputs, outRow, outPlane, scratchWork);
  }
  free(kernel);
  return true;
}

/** dw[3,3,C,F] from x and dy, by the transposed sums. False where there is no memory. */
export function winogradFilterGradient(g: Geometry, n: i32, x: usize, dy: usize, dw: usize): bool {
  const side = n + 2;
  const planes = side * side;
  const channels = g.channels;
  const filters = g.filters;
  const down = (g.outHeight + n - 1) / n;
  const across = (g.outWidth + n - 1) / n;
  const tiles = g.batch * down * across;
  const block = min(tiles, blockTiles(planes, channels, filters));
  const row = pitch(channels);
  const gradRow = pitch(filters);
  const inPlane = <usize>block * row + 64;
  const gradPlane = <usize>block * gradRow + 64;
  const kernelPlane = vectors(channels * filters);
  const work = 3 * <usize>planes * VECTOR;
  const patch = <usize>planes * vectors(max(channels, filters));
  const kernel = scratch(<u64>planes * (<u64>kernelPlane + inPlane + gradPlane) + work + patch + 192);
  if (!kernel) return false;
  const inputs = kernel + <usize>planes * kernelPlane;
  const grads = inputs + <usize>planes * inPlane;
  const edge = grads + <usize>planes * gradPlane;
  const scratchWork = edge + 192;
  const scratchPatch = scratchWork + work;
  for (let first = 0; first < tiles; first += block) {
    const count = min(block, tiles - first);
    transformInputs(g, n, x, first, count, down, across, inputs, row, inPlane, scratchWork, scratchPatch);
    transformGrads(g, n, dy, first, count, down, across, grads, gradRow, gradPlane, scratchWork, scratchPatch);
    for (let plane = 0; plane < planes; plane++)
      multiplyTransposed(
        inputs + <usize>plane * inPlane, row, grads + <usize>plane * gradPlane, gradRow, 32,
        kernel + <usize>plane * kernelPlane, <usize>filters << 2, channels, filters, count, first > 0, edge,
      );
  }
  const values = channels * filters;
  const result = scratchWork + <usize>planes * VECTOR;
  for (let i = 0; i < values; i += 4) {
    const at = <usize>i << 2;
    for (let column = 0; column < side; column++)
      filterTransposed(
        n, kernel + <usize>column * kernelPlane + at, <usize>side * kernelPlane, scratchWork + <usize>column * VECTOR, <usize>side * VECTOR,
      );
    for (let line = 0; line < 3; line++) {
      filterTransposed(n, scratchWork + <usize>(line * side) * VECTOR, VECTOR, result, VECTOR);
      for (let tap = 0; tap < 3; tap++)
        storeFirst(dw + (<usize>((3 * line + tap) * values + i) << 2), v128.load(result + <usize>tap * VECTOR), values - i);
    }
  }
  free(kernel);
  return true;
}

/** G·w·Gᵀ as panels, plane after plane. */
function transformKernel(
  n: i32, w: usize, turned: bool, channels: i32, filters: i32, kernel: usize, kernelPlane: usize, work: usize,
): bool {
  const side = n + 2;
  const row = vectors(filters);
  const matrix = <usize>channels * row;
  const isCopied = turned || (filters & 3) != 0;
  const source = isCopied ? scratch(9 * <u64>matrix) : w;
  if (!source) return false;
  if (isCopied) {
    zero(source, 9 * matrix);
    for (let tap = 0; tap < 9; tap++) {
      const from = w + (<usize>((turned ? 8 - tap : tap) * channels * filters) << 2);
      copyMatrix(from, turned, channels, filters, source + <usize>tap * matrix, row);
    }
  }
  if (filters & 7) zero(kernel, <usize>(side * side) * kernelPlane);
  for (let c = 0; c < channels; c++)
    for (let f = 0; f < filters; f += 4) {
      const from = source + <usize>c * row + (<usize>f << 2);
      const to = kernel + (<usize>((f >> 3) * channels + c) << 5) + (<usize>(f & 7) << 2);
      for (let column = 0; column < 3; column++)
        filter(n, from + <usize>column * matrix, 3 * matrix, work + <usize>column * VECTOR, 3 * VECTOR);
      for (let line = 0; line < side; line++)
        filter(n, work + <usize>(3 * line) * VECTOR, VECTOR, to + <usize>(line * side) * kernelPlane, kernelPlane);
    }
  if (isCopied) free(source);
  return true;
}

/** to[rows,columns], rows `pitch` bytes apart, from a dense matrix, which is [columns,rows] where it is `turned`. */
function copyMatrix(from: usize, turned: bool, rows: i32, columns: i32, to: usize, pitch: usize): void {
  const down = <usize>(turned ? 1 : columns) << 2;
  const along = <usize>(turned ? rows : 1) << 2;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      store<f32>(to + <usize>r * pitch + (<usize>c << 2), load<f32>(from + <usize>r * down + <usize>c * along));
}

/** Bᵀ·d·B of the windows of `count` tiles. */
function transformInputs(
  g: Geometry, n: i32, x: usize, first: i32, count: i32, down: i32, across: i32, to: usize, row: usize, plane: usize, work: usize, patch: usize,
): void {
  const side = n + 2;
  const pixel = <usize>g.channels << 2;
  const whole = vectors(g.channels);
  const isOdd = whole != pixel;
  for (let i = first; i < first + count; i++) {
    const column = i % across;
    const line = (i / across) % down;
    const image = i / (across * down);
    const top = line * n - g.padTop;
    const left = column * n - g.padLeft;
    let from = x + <usize>((image * g.height + top) * g.width + left) * pixel;
    let fromRow = <usize>g.width * pixel;
    let fromPixel = pixel;
    if (isOdd || top < 0 || left < 0 || top + side > g.height || left + side > g.width) {
      cut(x + <usize>(image * g.height * g.width) * pixel, g.height, g.width, top, left, side, pixel, patch, whole);
      from = patch;
      fromRow = <usize>side * whole;
      fromPixel = whole;
    }
    if (n == 2)
      for (let c: usize = 0; c < whole; c += VECTOR) inputs2(from + c, fromPixel, fromRow, to + c, plane);
    else
      for (let c: usize = 0; c < whole; c += VECTOR) {
        for (let v = 0; v < side; v++)
          input4(from + <usize>v * fromPixel + c, fromRow, work + <usize>v * VECTOR, <usize>side * VECTOR);
        for (let u = 0; u < side; u++)
          input4(work + <usize>(u * side) * VECTOR, VECTOR, to + <usize>(u * side) * plane + c, plane);
      }
    to += row;
  }
}

/** A·dy·Aᵀ of `count` tiles of gradients. */
function transformGrads(
  g: Geometry, n: i32, dy: usize, first: i32, count: i32, down: i32, across: i32, to: usize, row: usize, plane: usize, work: usize, patch: usize,
): void {
  const side = n + 2;
  const pixel = <usize>g.filters << 2;
  const whole = vectors(g.filters);
  const isOdd = whole != pixel;
  for (let i = first; i < first + count; i++) {
    const column = i % across;
    const line = (i / across) % down;
    const image = i / (across * down);
    const top = line * n;
    const left = column * n;
    let from = dy + <usize>((image * g.outHeight + top) * g.outWidth + left) * pixel;
    let fromRow = <usize>g.outWidth * pixel;
    let fromPixel = pixel;
    if (isOdd || top + n > g.outHeight || left + n > g.outWidth) {
      cut(
        dy + <usize>(image * g.outHeight * g.outWidth) * pixel, g.outHeight, g.outWidth, top, left, n, pixel, patch, whole,
      );
      from = patch;
      fromRow = <usize>n * whole;
      fromPixel = whole;
    }
    for (let f: usize = 0; f < whole; f += VECTOR) {
      for (let v = 0; v < n; v++)
        outputTransposed(n, from + <usize>v * fromPixel + f, fromRow, work + <usize>v * VECTOR, <usize>n * VECTOR);
      for (let u = 0; u < side; u++)
        outputTransposed(n, work + <usize>(u * n) * VECTOR, VECTOR, to + <usize>(u * side) * plane + f, plane);
    }
    to += row;
  }
}

/** A square window of a map, each pixel as whole vectors, with zeros where it hangs over the edge. */
function cut(
  map: usize, height: i32, width: i32, top: i32, left: i32, side: i32, pixel: usize, to: usize, whole: usize,
): void {
  for (let u = 0; u < side; u++)
    for (let v = 0; v < side; v++) {
      const inside = <u32>(top + u) < <u32>height && <u32>(left + v) < <u32>width;
      if (whole != pixel || !inside) zero(to, whole);
      if (inside) copy(map + <usize>((top + u) * width + left + v) * pixel, to, <i32>(pixel >> 2));
      to += whole;
    }
}

/** Aᵀ·m·A of `count` tiles, as far as they lie in y. */
function writeOutputs(
  g: Geometry, n: i32, y: usize, bias: usize, relu: bool, first: i32, count: i32, down: i32, across: i32, from: usize, row: usize, plane: usize, work: usize,
): void {
  const side = n + 2;
  const pixel = <usize>g.filters << 2;
  const none = f32x4.splat(0);
  const result = work + <usize>(side * side) * VECTOR;
  for (let i = first; i < first + count; i++) {
    const column = i % across;
    const line = (i / across) % down;
    const image = i / (across * down);
    const top = line * n;
    const left = column * n;
    const to = y + <usize>((image * g.outHeight + top) * g.outWidth + left) * pixel;
    const rows = min(n, g.outHeight - top);
    const columns = min(n, g.outWidth - left);
    for (let f: usize = 0; f < pixel; f += VECTOR) {
      const rest = <i32>((pixel - f) >> 2);
      if (n == 2) outputs2(from + f, plane, result);
      else {
        for (let v = 0; v < side; v++)
          output4(from + <usize>v * plane + f, <usize>side * plane, work + <usize>v * VECTOR, <usize>side * VECTOR);
        for (let u = 0; u < n; u++)
          output4(work + <usize>(u * side) * VECTOR, VECTOR, result + <usize>(u * n) * VECTOR, VECTOR);
      }
      for (let u = 0; u < rows; u++) {
        const line = to + <usize>(u * g.outWidth) * pixel + f;
        for (let v = 0; v < columns; v++) {
          let value = v128.load(result + <usize>(u * n + v) * VECTOR);
          if (bias) value = f32x4.add(value, loadFirst(bias + f, rest));
          if (relu) value = f32x4.max(value, none);
          storeFirst(line + <usize>v * pixel, value, rest);
        }
      }
    }
    from += row;
  }
}
