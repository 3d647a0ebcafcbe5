/**
 * Plain 3×3 convolutions of stride and dilation 1 by Winograd's F(n×n, 3×3) (Lavin & Gray 2016), n = 2 or 4: of each
 * tile of n×n outputs (n+2)² values are multiplied, 2.25 times (n = 4: 4 times) fewer than plainly. Tiles are taken in
 * blocks: transformed, multiplied plane by plane, transformed back. C and F are multiples of 4.
 */
import { multiply, multiplyTransposed, pack, panelBytes } from './gemm';
import { Geometry } from './geometry';
import { free, pitch, scratch, zero } from './simd';
import { filter, filterTransposed, input, inputs2, output, outputs2, outputTransposed } from './winograd-transforms';

/** Floats of a block's transformed operands: they stay in the second-level cache. */
const BLOCK_FLOATS: i32 = 1 << 18;
/** Tiles of a block: multiples of every microkernel's rows. */
const BLOCK_STEP: i32 = 60;
const VECTOR: usize = 16;

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
  const kernelPlane = panelBytes(channels, filters);
  const inPlane = <usize>block * row + 64;
  const outPlane = <usize>block * outRow + 64;
  const work = 3 * <usize>planes * VECTOR;
  const patch = <usize>planes * channels << 2;
  const kernel = scratch(<usize>planes * (kernelPlane + inPlane + outPlane) + work + patch + 192);
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
  const kernelPlane = <usize>channels * filters << 2;
  const work = 3 * <usize>planes * VECTOR;
  const patch = <usize>planes * max(channels, filters) << 2;
  const kernel = scratch(<usize>planes * (kernelPlane + inPlane + gradPlane) + work + patch + 192);
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
  for (let i = 0; i < values; i += 4) {
    const at = <usize>i << 2;
    for (let column = 0; column < side; column++)
      filterTransposed(
        n, kernel + <usize>column * kernelPlane + at, <usize>side * kernelPlane, scratchWork + <usize>column * VECTOR, <usize>side * VECTOR,
      );
    for (let line = 0; line < 3; line++)
      filterTransposed(
        n, scratchWork + <usize>(line * side) * VECTOR, VECTOR, dw + <usize>(3 * line) * kernelPlane + at, kernelPlane,
      );
  }
  free(kernel);
  return true;
}

/** G·w·Gᵀ as panels, plane after plane. */
function transformKernel(
  n: i32, w: usize, turned: bool, channels: i32, filters: i32, kernel: usize, kernelPlane: usize, work: usize,
): bool {
  const side = n + 2;
  const matrix = <usize>channels * filters << 2;
  let source = w;
  if (turned) {
    source = scratch(9 * matrix);
    if (!source) return false;
    for (let tap = 0; tap < 9; tap++)
      turnMatrix(w + <usize>(8 - tap) * matrix, filters, channels, source + <usize>tap * matrix);
  }
  if (filters & 7) zero(kernel, <usize>(side * side) * kernelPlane);
  for (let c = 0; c < channels; c++)
    for (let f = 0; f < filters; f += 4) {
      const from = source + (<usize>(c * filters + f) << 2);
      const to = kernel + (<usize>((f >> 3) * channels + c) << 5) + (<usize>(f & 7) << 2);
      for (let column = 0; column < 3; column++)
        filter(n, from + <usize>column * matrix, 3 * matrix, work + <usize>column * VECTOR, 3 * VECTOR);
      for (let line = 0; line < side; line++)
        filter(n, work + <usize>(3 * line) * VECTOR, VECTOR, to + <usize>(line * side) * kernelPlane, kernelPlane);
    }
  if (turned) free(source);
  return true;
}

/** to[columns,rows] = from[rows,columns]ᵀ. */
function turnMatrix(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      store<f32>(to + (<usize>(c * rows + r) << 2), load<f32>(from + (<usize>(r * columns + c) << 2)));
}

/** Bᵀ·d·B of the windows of `count` tiles. */
function transformInputs(
  g: Geometry, n: i32, x: usize, first: i32, count: i32, down: i32, across: i32, to: usize, row: usize, plane: usize, work: usize, patch: usize,
): void {
  const side = n + 2;
  const channels = g.channels;
  const pixel = <usize>channels << 2;
  let column = first % across;
  let line = first / across;
  let image = line / down;
  line -= image * down;
  for (let i = 0; i < count; i++) {
    const top = line * n - g.padTop;
    const left = column * n - g.padLeft;
    let from = x + <usize>((image * g.height + top) * g.width + left) * pixel;
    let fromRow = <usize>g.width * pixel;
    if (top < 0 || left < 0 || top + side > g.height || left + side > g.width) {
      cut(x + <usize>(image * g.height * g.width) * pixel, g.height, g.width, top, left, side, pixel, patch);
      from = patch;
      fromRow = <usize>side * pixel;
    }
    if (n == 2)
      for (let c: usize = 0; c < pixel; c += VECTOR) inputs2(from + c, pixel, fromRow, to + c, plane);
    else
    for (let c: usize = 0; c < pixel; c += VECTOR) {
      for (let v = 0; v < side; v++)
        input(n, from + <usize>v * pixel + c, fromRow, work + <usize>v * VECTOR, <usize>side * VECTOR);
      for (let u = 0; u < side; u++)
        input(n, work + <usize>(u * side) * VECTOR, VECTOR, to + <usize>(u * side) * plane + c, plane);
    }
    to += row;
    if (++column == across) {
      column = 0;
      if (++line == down) {
        line = 0;
        image++;
      }
    }
  }
}

/** A·dy·Aᵀ of `count` tiles of gradients. */
function transformGrads(
  g: Geometry, n: i32, dy: usize, first: i32, count: i32, down: i32, across: i32, to: usize, row: usize, plane: usize, work: usize, patch: usize,
): void {
  const side = n + 2;
  const pixel = <usize>g.filters << 2;
  let column = first % across;
  let line = first / across;
  let image = line / down;
  line -= image * down;
  for (let i = 0; i < count; i++) {
    const top = line * n;
    const left = column * n;
    let from = dy + <usize>((image * g.outHeight + top) * g.outWidth + left) * pixel;
    let fromRow = <usize>g.outWidth * pixel;
    if (top + n > g.outHeight || left + n > g.outWidth) {
      cut(dy + <usize>(image * g.outHeight * g.outWidth) * pixel, g.outHeight, g.outWidth, top, left, n, pixel, patch);
      from = patch;
      fromRow = <usize>n * pixel;
    }
    for (let f: usize = 0; f < pixel; f += VECTOR) {
      for (let v = 0; v < n; v++)
        outputTransposed(n, from + <usize>v * pixel + f, fromRow, work + <usize>v * VECTOR, <usize>n * VECTOR);
      for (let u = 0; u < side; u++)
        outputTransposed(n, work + <usize>(u * n) * VECTOR, VECTOR, to + <usize>(u * side) * plane + f, plane);
    }
    to += row;
    if (++column == across) {
      column = 0;
      if (++line == down) {
        line = 0;
        image++;
      }
    }
  }
}

/** A square window of a map, with zeros where it hangs over the edge. */
function cut(map: usize, height: i32, width: i32, top: i32, left: i32, side: i32, pixel: usize, to: usize): void {
  for (let u = 0; u < side; u++)
    for (let v = 0; v < side; v++) {
      const inside = <u32>(top + u) < <u32>height && <u32>(left + v) < <u32>width;
      if (inside) memory.copy(to, map + <usize>((top + u) * width + left + v) * pixel, pixel);
      else zero(to, pixel);
      to += pixel;
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
  let column = first % across;
  let line = first / across;
  let image = line / down;
  line -= image * down;
  for (let i = 0; i < count; i++) {
    const top = line * n;
    const left = column * n;
    const to = y + <usize>((image * g.outHeight + top) * g.outWidth + left) * pixel;
    const rows = min(n, g.outHeight - top);
    const columns = min(n, g.outWidth - left);
    for (let f: usize = 0; f < pixel; f += VECTOR) {
      if (n == 2) outputs2(from + f, plane, result);
      else {
        for (let v = 0; v < side; v++)
          output(n, from + <usize>v * plane + f, <usize>side * plane, work + <usize>v * VECTOR, <usize>side * VECTOR);
        for (let u = 0; u < n; u++)
          output(n, work + <usize>(u * side) * VECTOR, VECTOR, result + <usize>(u * n) * VECTOR, VECTOR);
      }
      for (let u = 0; u < rows; u++) {
        const line = to + <usize>(u * g.outWidth) * pixel + f;
        for (let v = 0; v < columns; v++) {
          let value = v128.load(result + <usize>(u * n + v) * VECTOR);
          if (bias) value = f32x4.add(value, v128.load(bias + f));
          if (relu) value = f32x4.max(value, none);
          v128.store(line + <usize>v * pixel, value);
        }
      }
    }
    from += row;
    if (++column == across) {
      column = 0;
      if (++line == down) {
        line = 0;
        image++;
      }
    }
  }
}
