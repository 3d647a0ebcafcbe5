/**
 * The similarity convolution and its gradients, any stride, dilation and padding, with m null, a diagonal or full at
 * each position. Positions are taken in tiles: the patches of a tile are gathered, weighted by m and multiplied, so
 * that those of the whole batch never exist. Backward, dY·Wᵀ is computed once a tile and gives dm, dx and, where taps
 * are moved, what is due to the offsets.
 */
import { finish, multiply, multiplyTransposed, pack, panelBytes } from './gemm';
import { Geometry, taps } from './geometry';
import { mix, outer, turn } from './mix';
import { clearPlace, offsetsAt, Place, placeBytes, sampleOne, unsampleOne } from './sampling';
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

/** Bytes of what one position works with: a `Place`, two patches and a turned m. */
function workBytes(g: Geometry): usize {
  return placeBytes(g.channels) + (<usize>taps(g) * (2 * g.channels + taps(g)) << 2);
}

/**
 * y[B,H',W',F] from x[B,H,W,C], w[K·C,F] and m; `bias` [F] is added where it is not 0, and `relu` cuts off what is
 * below 0. False where there is no memory.
 */
export function similarityForward(g: Geometry, x: usize, w: usize, m: usize, y: usize, bias: usize, relu: bool): bool {
  return forward(g, x, w, m, 0, y, bias, relu);
}

/** The same with taps moved by `offsets`. */
export function sampledForward(g: Geometry, x: usize, w: usize, m: usize, offsets: usize, y: usize): bool {
  return forward(g, x, w, m, offsets, y, 0, false);
}

function forward(
  g: Geometry, x: usize, w: usize, m: usize, offsets: usize, y: usize, bias: usize, relu: bool,
): bool {
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
  clearPlace(changetype<Place>(work), g.channels);
  pack(w, <usize>filters << 2, depth, filters, false, panels);
  const pointwise = !offsets && isPointwise(g);
  for (let first = 0; first < positions; first += rows) {
    const count = min(rows, positions - first);
    const to = y + (<usize>first * filters << 2);
    if (pointwise) {
      const from = x + (<usize>first * depth << 2);
      multiply(from, <usize>depth << 2, panels, to, <usize>filters << 2, count, filters, depth, false, edge);
    } else {
      gather(g, x, m, offsets, first, count, tile, row, work);
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
  return backward(g, x, w, m, 0, dy, dx, dw, dm, 0);
}

/** The same with taps moved by `offsets`, whose gradient is computed too. */
export function sampledBackward(
  g: Geometry, x: usize, w: usize, m: usize, offsets: usize, dy: usize, dx: usize, dw: usize, dm: usize, doffsets: usize,
): bool {
  return backward(g, x, w, m, offsets, dy, dx, dw, dm, doffsets);
}

function backward(
  g: Geometry, x: usize, w: usize, m: usize, offsets: usize, dy: usize, dx: usize, dw: usize, dm: usize, doffsets: usize,
): bool {
  const k = taps(g);
  const depth = k * g.channels;
  const filters = g.filters;
  const positions = g.batch * g.outHeight * g.outWidth;
  const row = pitch(depth);
  const rows = tileRows(row);
  const kernelBytes: u64 = dx || dm || doffsets ? panelBytes(filters, depth) : 0;
  const gradBytes: u64 = dw ? panelBytes(rows, filters) : 0;
  const kernel = scratch(kernelBytes + gradBytes + 2 * <u64>rows * row + workBytes(g) + 192);
  if (!kernel) return false;
  const grads = kernel + <usize>kernelBytes;
  const patches = grads + <usize>gradBytes;
  const tapGrads = patches + <usize>rows * row;
  const edge = tapGrads + <usize>rows * row;
  const work = edge + 192;
  clearPlace(changetype<Place>(work), g.channels);
  if (kernelBytes) pack(w, <usize>filters << 2, filters, depth, true, kernel);
  for (let first = 0; first < positions; first += rows) {
    const count = min(rows, positions - first);
    const from = dy + (<usize>first * filters << 2);
    if (kernelBytes) {
      multiply(from, <usize>filters << 2, kernel, tapGrads, row, count, depth, filters, false, edge);
      scatter(g, x, m, offsets, first, count, tapGrads, row, dx, dm, doffsets, work);
    }
    if (dw) {
      gather(g, x, m, offsets, first, count, patches, row, work);
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

/** Where an image of x or dx begins. */
@inline
function imageAt(g: Geometry, map: usize, image: i32): usize {
  return map + (<usize>(image * g.height * g.width * g.channels) << 2);
}

/** Patches of `count` positions from `first` on, weighted by m, as rows of `tile`. */
function gather(
  g: Geometry, x: usize, m: usize, offsets: usize, first: i32, count: i32, tile: usize, row: usize, work: usize,
): void {
  const k = taps(g);
  const place = changetype<Place>(work);
  const patch = work + placeBytes(g.channels);
  const turned = patch + (<usize>k * g.channels << 2);
  const isFull = g.values == k * k && k > 1;
  for (let i = first; i < first + count; i++) {
    const column = i % g.outWidth;
    const line = (i / g.outWidth) % g.outHeight;
    const image = i / (g.outWidth * g.outHeight);
    const at = m ? similarityAt(g, m, image, line, column) : 0;
    const own = isFull ? 0 : at;
    const to = isFull ? patch : tile;
    if (offsets)
      sampleOne(g, imageAt(g, x, image), own, offsetsAt(g, offsets, image, line, column), line, column, to, place, 0, 0);
    else gatherOne(g, x, own, image, line, column, to);
    if (isFull) {
      turn(at, turned, k);
      mix(turned, patch, tile, k, g.channels);
    }
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

/** From G = dY·Wᵀ of a tile's positions: adds to dx where the taps have read, to dm and to doffsets. */
function scatter(
  g: Geometry, x: usize, m: usize, offsets: usize, first: i32, count: i32, tile: usize, row: usize, dx: usize, dm: usize,
  doffsets: usize, work: usize,
): void {
  const k = taps(g);
  const place = changetype<Place>(work);
  const patch = work + placeBytes(g.channels);
  const mixed = patch + (<usize>k * g.channels << 2);
  const isFull = g.values == k * k && k > 1;
  for (let i = first; i < first + count; i++) {
    const column = i % g.outWidth;
    const line = (i / g.outWidth) % g.outHeight;
    const image = i / (g.outWidth * g.outHeight);
    const at = m ? similarityAt(g, m, image, line, column) : 0;
    const gradAt = dm ? similarityAt(g, dm, image, line, column) : 0;
    const places = offsets ? offsetsAt(g, offsets, image, line, column) : 0;
    const map = imageAt(g, x, image);
    if (isFull && dm) {
      if (offsets) sampleOne(g, map, 0, places, line, column, patch, place, 0, 0);
      else gatherOne(g, x, 0, image, line, column, patch);
      outer(tile, patch, gradAt, k, g.channels);
    }
    if (isFull && (dx || doffsets)) mix(at, tile, mixed, k, g.channels);
    const grads = isFull ? mixed : tile;
    const own = isFull ? 0 : at;
    const ownGrad = isFull ? 0 : gradAt;
    if (offsets) {
      const moved = doffsets ? offsetsAt(g, doffsets, image, line, column) : 0;
      const to = dx ? imageAt(g, dx, image) : 0;
      unsampleOne(g, map, own, places, line, column, grads, place, 0, 0, to, ownGrad, moved);
    } else if (dx || ownGrad) scatterOne(g, x, own, image, line, column, grads, dx, ownGrad);
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
