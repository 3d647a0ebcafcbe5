/**
 * The similarity convolution and its gradients, any stride, dilation and padding, with m null, a diagonal or full at
 * each position. Positions are taken in tiles: the patches of a tile are gathered, weighted by m and multiplied, so
 * that those of the whole batch never exist. Backward, dY·Wᵀ is computed once a tile and gives both dm and dx.
 */
import { finish, multiply, multiplyTransposed, pack, panelBytes } from './gemm';
import { Geometry, taps } from './geometry';
import { mix, outer, turn } from './mix';
import { free, pitch, scratch, zero } from './simd';
import { addScaled, copy, dot, scaled } from './vectors';

/** Bytes of a tile's patches: they stay in the second-level cache. */
const TILE_BYTES: usize = 1 << 18;
/** Positions of a tile: multiples of every microkernel's rows. */
const TILE_STEP: i32 = 60;

function tileRows(row: usize): i32 {
  const steps = <i32>(TILE_BYTES / row) / TILE_STEP;
  return TILE_STEP * max(1, min(4, steps));
}

/** Bytes of what `Position` works with. */
function workBytes(g: Geometry): usize {
  return <usize>taps(g) * (2 * g.channels + taps(g)) << 2;
}

/**
 * y[B,H',W',F] from x[B,H,W,C], w[K·C,F] and m; `bias` [F] is added where it is not 0, and `relu` cuts off what is
 * below 0. False where there is no memory.
 */
export function similarityForward(g: Geometry, x: usize, w: usize, m: usize, y: usize, bias: usize, relu: bool): bool {
  const depth = taps(g) * g.channels;
  const filters = g.filters;
  const positions = g.batch * g.outHeight * g.outWidth;
  const row = pitch(depth);
  const rows = tileRows(row);
  const panels = scratch(panelBytes(depth, filters) + <u64>rows * row + workBytes(g) + 192);
  if (!panels) return false;
  const tile = panels + <usize>panelBytes(depth, filters);
  const edge = tile + <usize>rows * row;
  const work = edge + 192;
  pack(w, <usize>filters << 2, depth, filters, false, panels);
  const pointwise = isPointwise(g);
  for (let first = 0; first < positions; first += rows) {
    const count = min(rows, positions - first);
    const to = y + (<usize>first * filters << 2);
    if (pointwise) {
      const from = x + (<usize>first * depth << 2);
      multiply(from, <usize>depth << 2, panels, to, <usize>filters << 2, count, filters, depth, false, edge);
    } else {
      gather(g, x, m, first, count, tile, row, work);
      multiply(tile, row, panels, to, <usize>filters << 2, count, filters, depth, false, edge);
    }
    if (bias || relu) finish(to, count, filters, bias, relu);
  }
  free(panels);
  return true;
}

/** Whether the patches are the map itself. */
function isPointwise(g: Geometry): bool {
  return (
    taps(g) == 1 && g.values == 0 && g.strideX == 1 && g.strideY == 1 && g.padTop == 0 && g.padLeft == 0 &&
    g.outHeight == g.height && g.outWidth == g.width
  );
}

/**
 * The gradients of x, w and m: each of dx, dw and dm is computed where its address is not 0, and then must hold
 * nothing but zeros. False where there is no memory.
 */
export function similarityBackward(
  g: Geometry, x: usize, w: usize, m: usize, dy: usize, dx: usize, dw: usize, dm: usize,
): bool {
  const k = taps(g);
  const depth = k * g.channels;
  const filters = g.filters;
  const positions = g.batch * g.outHeight * g.outWidth;
  const row = pitch(depth);
  const rows = tileRows(row);
  const kernelBytes: u64 = dx || dm ? panelBytes(filters, depth) : 0;
  const gradBytes: u64 = dw ? panelBytes(rows, filters) : 0;
  const kernel = scratch(kernelBytes + gradBytes + 2 * <u64>rows * row + workBytes(g) + 192);
  if (!kernel) return false;
  const grads = kernel + <usize>kernelBytes;
  const patches = grads + <usize>gradBytes;
  const tapGrads = patches + <usize>rows * row;
  const edge = tapGrads + <usize>rows * row;
  const work = edge + 192;
  if (kernelBytes) pack(w, <usize>filters << 2, filters, depth, true, kernel);
  for (let first = 0; first < positions; first += rows) {
    const count = min(rows, positions - first);
    const from = dy + (<usize>first * filters << 2);
    if (kernelBytes) {
      multiply(from, <usize>filters << 2, kernel, tapGrads, row, count, depth, filters, false, edge);
      scatter(g, x, m, first, count, tapGrads, row, dx, dm, work);
    }
    if (dw) {
      gather(g, x, m, first, count, patches, row, work);
      pack(from, <usize>filters << 2, count, filters, false, grads);
      multiplyTransposed(patches, row, grads, 32, <usize>count << 5, dw, <usize>filters << 2, depth, filters, count, true, edge);
    }
  }
  free(kernel);
  return true;
}

/** Where m of a position begins. */
@inline
function similarityAt(g: Geometry, m: usize, image: i32, row: i32, column: i32): usize {
  return m + (<usize>(image * g.strideBatch + row * g.strideRow + column * g.strideColumn) << 2);
}

/** Patches of `count` positions from `first` on, weighted by m, as rows of `tile`. */
function gather(g: Geometry, x: usize, m: usize, first: i32, count: i32, tile: usize, row: usize, work: usize): void {
  const k = taps(g);
  const patchBytes = <usize>k * g.channels << 2;
  for (let i = first; i < first + count; i++) {
    const column = i % g.outWidth;
    const line = (i / g.outWidth) % g.outHeight;
    const image = i / (g.outWidth * g.outHeight);
    if (g.values == k * k && k > 1) {
      gatherOne(g, x, 0, image, line, column, work);
      turn(similarityAt(g, m, image, line, column), work + patchBytes, k);
      mix(work + patchBytes, work, tile, k, g.channels);
    } else gatherOne(g, x, m ? similarityAt(g, m, image, line, column) : 0, image, line, column, tile);
    tile += row;
  }
}

/** The patch of one position, weighted by a diagonal m where there is one; zeros outside the map. */
function gatherOne(g: Geometry, x: usize, m: usize, image: i32, line: i32, column: i32, to: usize): void {
  const channels = g.channels;
  const pixel = <usize>channels << 2;
  const top = line * g.strideY - g.padTop;
  const left = column * g.strideX - g.padLeft;
  const dilation = g.dilationX;
  const inside = left >= 0 && left + (g.kernelWidth - 1) * dilation < g.width;
  for (let ky = 0; ky < g.kernelHeight; ky++) {
    const y = top + ky * g.dilationY;
    const bytes = <usize>g.kernelWidth * pixel;
    if (<u32>y >= <u32>g.height) {
      zero(to, bytes);
      if (m) m += <usize>g.kernelWidth << 2;
      to += bytes;
      continue;
    }
    let from = x + <usize>((image * g.height + y) * g.width) * pixel + <usize>(left * <i32>pixel);
    if (inside && dilation == 1 && !m) {
      copy(from, to, g.kernelWidth * channels);
      to += bytes;
      continue;
    }
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      if (<u32>(left + kx * dilation) >= <u32>g.width) zero(to, pixel);
      else if (m) scaled(from, load<f32>(m), to, channels);
      else copy(from, to, channels);
      if (m) m += 4;
      to += pixel;
      from += <usize>dilation * pixel;
    }
  }
}

/** From G = dY·Wᵀ of a tile's positions: adds to dx where the taps have read, and to dm. */
function scatter(
  g: Geometry, x: usize, m: usize, first: i32, count: i32, tile: usize, row: usize, dx: usize, dm: usize, work: usize,
): void {
  const k = taps(g);
  const patchBytes = <usize>k * g.channels << 2;
  const isFull = g.values == k * k && k > 1;
  for (let i = first; i < first + count; i++) {
    const column = i % g.outWidth;
    const line = (i / g.outWidth) % g.outHeight;
    const image = i / (g.outWidth * g.outHeight);
    const at = m ? similarityAt(g, m, image, line, column) : 0;
    const gradAt = dm ? similarityAt(g, dm, image, line, column) : 0;
    if (isFull) {
      if (dm) {
        gatherOne(g, x, 0, image, line, column, work);
        outer(tile, work, gradAt, k, g.channels);
      }
      if (dx) {
        mix(at, tile, work + patchBytes, k, g.channels);
        scatterOne(g, x, 0, image, line, column, work + patchBytes, dx, 0);
      }
    } else scatterOne(g, x, at, image, line, column, tile, dx, gradAt);
    tile += row;
  }
}

/** The same for one position and a diagonal m, or none. */
function scatterOne(
  g: Geometry, x: usize, m: usize, image: i32, line: i32, column: i32, grads: usize, dx: usize, dm: usize,
): void {
  const channels = g.channels;
  const pixel = <usize>channels << 2;
  const top = line * g.strideY - g.padTop;
  const left = column * g.strideX - g.padLeft;
  for (let ky = 0; ky < g.kernelHeight; ky++) {
    const y = top + ky * g.dilationY;
    if (<u32>y >= <u32>g.height) {
      grads += <usize>g.kernelWidth * pixel;
      if (m) m += <usize>g.kernelWidth << 2;
      if (dm) dm += <usize>g.kernelWidth << 2;
      continue;
    }
    let at = <usize>((image * g.height + y) * g.width) * pixel + <usize>(left * <i32>pixel);
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      if (<u32>(left + kx * g.dilationX) < <u32>g.width) {
        if (dx) addScaled(grads, m ? load<f32>(m) : 1, dx + at, channels);
        if (dm) store<f32>(dm, load<f32>(dm) + dot(grads, x + at, channels));
      }
      if (m) m += 4;
      if (dm) dm += 4;
      grads += pixel;
      at += <usize>g.dilationX * pixel;
    }
  }
}
