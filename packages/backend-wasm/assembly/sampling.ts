/**
 * Sampling at offsets: between elements bilinearly, zeros outside the map. A tap reads the four elements a, b above and
 * c, d below its place; an element outside has no address. An offset that is not finite makes what is read NaN.
 */
import { Geometry, taps } from './geometry';
import { addOne, free, horizontal, madd, scratch, zero } from './simd';
import { addScaled } from './vectors';

const OUTSIDE: usize = usize.MAX_VALUE;

/** Where one tap reads. A pixel of zeros follows it in memory, for elements outside. */
@unmanaged
export class Place {
  /** Bytes from the image's first element. */
  a: usize;
  b: usize;
  c: usize;
  d: usize;
  /** How far beyond the first row and column, in [0, 1). */
  partY: f32;
  partX: f32;
}

/** Bytes of a place and its zeros. */
@inline
export function placeBytes(channels: i32): usize {
  return 32 + (((<usize>channels << 2) + 15) & ~15);
}

export function clearPlace(place: Place, channels: i32): void {
  zero(blank(place), <usize>channels << 2);
}

@inline
function blank(place: Place): usize {
  return changetype<usize>(place) + 32;
}

/** Where the offsets of a position begin. */
@inline
export function offsetsAt(g: Geometry, offsets: usize, image: i32, row: i32, column: i32): usize {
  return offsets + (<usize>(image * g.offsetBatch + row * g.offsetRow + column * g.offsetColumn) << 2);
}

/** Whether the tap (ky, kx) reads anything, and where. */
function locate(g: Geometry, offset: usize, line: i32, column: i32, ky: i32, kx: i32, place: Place): bool {
  const moveY = load<f32>(offset);
  const moveX = load<f32>(offset, 4);
  const wholeY = floor<f32>(moveY);
  const wholeX = floor<f32>(moveX);
  const y = <f32>(line * g.strideY - g.padTop + ky * g.dilationY) + wholeY;
  const x = <f32>(column * g.strideX - g.padLeft + kx * g.dilationX) + wholeX;
  place.partY = moveY - wholeY;
  place.partX = moveX - wholeX;
  if (!(y >= -1 && y < <f32>g.height && x >= -1 && x < <f32>g.width)) {
    const none = place.partY + place.partX;
    if (none == none) return false;
    place.partY = none;
    place.partX = none;
    place.a = 0;
    place.b = 0;
    place.c = 0;
    place.d = 0;
    return true;
  }
  const top = <i32>y;
  const left = <i32>x;
  const pixel = <usize>g.channels << 2;
  const first = <usize>(top * g.width + left) * pixel;
  const second = first + <usize>g.width * pixel;
  const isAbove = top >= 0;
  const isBelow = top + 1 < g.height;
  const isLeft = left >= 0;
  const isRight = left + 1 < g.width;
  place.a = isAbove && isLeft ? first : OUTSIDE;
  place.b = isAbove && isRight ? first + pixel : OUTSIDE;
  place.c = isBelow && isLeft ? second : OUTSIDE;
  place.d = isBelow && isRight ? second + pixel : OUTSIDE;
  return true;
}

/** An element's address in a map whose image begins at `map`; outside, that of zeros. */
@inline
function read(map: usize, at: usize, place: Place): usize {
  return at == OUTSIDE ? blank(place) : map + at;
}

/** The nearness to the first and second row or column, or (order 1) its derivative. */
@inline
function first(part: f32, order: i32): f32 {
  return order ? part - part - 1 : 1 - part;
}
@inline
function second(part: f32, order: i32): f32 {
  return order ? part - part + 1 : part;
}

/** to = what lies at the place, weighted. */
function blend(x: usize, place: Place, scale: f32, orderY: i32, orderX: i32, to: usize, channels: i32): void {
  const a = read(x, place.a, place);
  const b = read(x, place.b, place);
  const c = read(x, place.c, place);
  const d = read(x, place.d, place);
  const above = scale * first(place.partY, orderY);
  const below = scale * second(place.partY, orderY);
  const left = first(place.partX, orderX);
  const right = second(place.partX, orderX);
  const wa = f32x4.splat(above * left);
  const wb = f32x4.splat(above * right);
  const wc = f32x4.splat(below * left);
  const wd = f32x4.splat(below * right);
  let i = 0;
  for (; i + 4 <= channels; i += 4) {
    const at = <usize>i << 2;
    const upper = madd(wb, v128.load(b + at), f32x4.mul(wa, v128.load(a + at)));
    const lower = madd(wd, v128.load(d + at), f32x4.mul(wc, v128.load(c + at)));
    v128.store(to + at, f32x4.add(upper, lower));
  }
  for (; i < channels; i++) {
    const at = <usize>i << 2;
    const upper = above * left * load<f32>(a + at) + above * right * load<f32>(b + at);
    store<f32>(to + at, upper + below * left * load<f32>(c + at) + below * right * load<f32>(d + at));
  }
}

/**
 * What the taps of one position read of an image that begins at x, weighted by a diagonal m where there is one.
 * `offsets` and m are the position's.
 */
export function sampleOne(
  g: Geometry, x: usize, m: usize, offsets: usize, line: i32, column: i32, to: usize, place: Place, orderY: i32, orderX: i32,
): void {
  const pixel = <usize>g.channels << 2;
  for (let ky = 0; ky < g.kernelHeight; ky++)
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      if (locate(g, offsets, line, column, ky, kx, place))
        blend(x, place, m ? load<f32>(m) : 1, orderY, orderX, to, g.channels);
      else zero(to, pixel);
      offsets += 8;
      if (m) m += 4;
      to += pixel;
    }
}

/**
 * The transpose for one position: from its taps' gradients adds to dx where they have read, and to the position's dm and
 * doffsets. Each is computed where its address is not 0; x is read for the last two.
 */
export function unsampleOne(
  g: Geometry, x: usize, m: usize, offsets: usize, line: i32, column: i32, grads: usize, place: Place, orderY: i32, orderX: i32,
  dx: usize, dm: usize, doffsets: usize,
): void {
  const channels = g.channels;
  for (let ky = 0; ky < g.kernelHeight; ky++)
    for (let kx = 0; kx < g.kernelWidth; kx++) {
      if (locate(g, offsets, line, column, ky, kx, place)) {
        const scale: f32 = m ? load<f32>(m) : 1;
        if (dx) {
          const above = scale * first(place.partY, orderY);
          const below = scale * second(place.partY, orderY);
          const left = first(place.partX, orderX);
          const right = second(place.partX, orderX);
          if (place.a != OUTSIDE) addScaled(grads, above * left, dx + place.a, channels);
          if (place.b != OUTSIDE) addScaled(grads, above * right, dx + place.b, channels);
          if (place.c != OUTSIDE) addScaled(grads, below * left, dx + place.c, channels);
          if (place.d != OUTSIDE) addScaled(grads, below * right, dx + place.d, channels);
        }
        if (dm || doffsets) slopes(x, grads, scale, place, dm, doffsets, channels);
      }
      offsets += 8;
      if (doffsets) doffsets += 8;
      if (m) m += 4;
      if (dm) dm += 4;
      grads += <usize>channels << 2;
    }
}

/** The products of the gradients with the four elements give what is due to m and to the offset. */
function slopes(x: usize, grads: usize, scale: f32, place: Place, dm: usize, doffset: usize, channels: i32): void {
  const a = read(x, place.a, place);
  const b = read(x, place.b, place);
  const c = read(x, place.c, place);
  const d = read(x, place.d, place);
  let va = f32x4.splat(0);
  let vb = va;
  let vc = va;
  let vd = va;
  let i = 0;
  for (; i + 4 <= channels; i += 4) {
    const at = <usize>i << 2;
    const grad = v128.load(grads + at);
    va = madd(grad, v128.load(a + at), va);
    vb = madd(grad, v128.load(b + at), vb);
    vc = madd(grad, v128.load(c + at), vc);
    vd = madd(grad, v128.load(d + at), vd);
  }
  let sa = horizontal(va);
  let sb = horizontal(vb);
  let sc = horizontal(vc);
  let sd = horizontal(vd);
  for (; i < channels; i++) {
    const at = <usize>i << 2;
    const grad = load<f32>(grads + at);
    sa += grad * load<f32>(a + at);
    sb += grad * load<f32>(b + at);
    sc += grad * load<f32>(c + at);
    sd += grad * load<f32>(d + at);
  }
  const y = place.partY;
  const x1 = place.partX;
  const upper = sa + x1 * (sb - sa);
  const lower = sc + x1 * (sd - sc);
  if (dm) addOne(dm, upper + y * (lower - upper));
  if (doffset) {
    addOne(doffset, scale * (lower - upper));
    addOne(doffset + 4, scale * (sb - sa + y * (sd - sc - (sb - sa))));
  }
}

/** What every tap reads: out[B,H',W'·K,C] of x[B,H,W,C]. False where there is no memory. */
export function samplePatches(g: Geometry, x: usize, offsets: usize, out: usize, orderY: i32, orderX: i32): bool {
  const place = changetype<Place>(scratch(placeBytes(g.channels)));
  if (!changetype<usize>(place)) return false;
  clearPlace(place, g.channels);
  const map = <usize>(g.height * g.width) * <usize>g.channels << 2;
  const patch = <usize>(taps(g) * g.channels) << 2;
  for (let image = 0; image < g.batch; image++) {
    for (let line = 0; line < g.outHeight; line++)
      for (let column = 0; column < g.outWidth; column++) {
        sampleOne(g, x, 0, offsetsAt(g, offsets, image, line, column), line, column, out, place, orderY, orderX);
        out += patch;
      }
    x += map;
  }
  free(changetype<usize>(place));
  return true;
}

/** The transpose: adds dp[B,H',W'·K,C] to dx[B,H,W,C], which holds zeros. False where there is no memory. */
export function samplePatchesBackward(
  g: Geometry, offsets: usize, dp: usize, dx: usize, orderY: i32, orderX: i32,
): bool {
  const place = changetype<Place>(scratch(placeBytes(g.channels)));
  if (!changetype<usize>(place)) return false;
  const map = <usize>(g.height * g.width) * <usize>g.channels << 2;
  const patch = <usize>(taps(g) * g.channels) << 2;
  for (let image = 0; image < g.batch; image++) {
    for (let line = 0; line < g.outHeight; line++)
      for (let column = 0; column < g.outWidth; column++) {
        const at = offsetsAt(g, offsets, image, line, column);
        unsampleOne(g, 0, 0, at, line, column, dp, place, orderY, orderX, dx, 0, 0);
        dp += patch;
      }
    dx += map;
  }
  free(changetype<usize>(place));
  return true;
}
