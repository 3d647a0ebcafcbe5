/** Loops over the channels of a tap: copies, sums and dot products. */
import { horizontal, madd } from './simd';

/** to = from. */
@inline
export function copy(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)));
  for (; i < count; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)));
}

/** to = scale·from. */
@inline
export function scaled(from: usize, scale: f32, to: usize, count: i32): void {
  const factor = f32x4.splat(scale);
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(to + (<usize>i << 2), f32x4.mul(factor, v128.load(from + (<usize>i << 2))));
  for (; i < count; i++) store<f32>(to + (<usize>i << 2), scale * load<f32>(from + (<usize>i << 2)));
}

/** to += scale·from. */
@inline
export function addScaled(from: usize, scale: f32, to: usize, count: i32): void {
  const factor = f32x4.splat(scale);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = to + (<usize>i << 2);
    v128.store(at, madd(factor, v128.load(from + (<usize>i << 2)), v128.load(at)));
  }
  for (; i < count; i++) {
    const at = to + (<usize>i << 2);
    store<f32>(at, load<f32>(at) + scale * load<f32>(from + (<usize>i << 2)));
  }
}

/** Σ a·b. */
@inline
export function dot(a: usize, b: usize, count: i32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const at = <usize>i << 2;
    even = madd(v128.load(a + at), v128.load(b + at), even);
    odd = madd(v128.load(a + at, 16), v128.load(b + at, 16), odd);
  }
  if (i + 4 <= count) {
    even = madd(v128.load(a + (<usize>i << 2)), v128.load(b + (<usize>i << 2)), even);
    i += 4;
  }
  let sum = horizontal(f32x4.add(even, odd));
  for (; i < count; i++) sum += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2));
  return sum;
}
