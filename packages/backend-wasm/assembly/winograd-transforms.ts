/**
 * The transforms of Winograd's F(2,3) and F(4,3) (Lavin & Gray 2016) in one dimension, on vectors of four channels:
 * n + 2 values in, n out, where n is 2 or 4. `from` and `to` are the first value's addresses, the steps lead to the
 * next value.
 */
import { madd } from './simd';

@inline
function scale(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor));
}

@inline
function addScaled(value: v128, factor: f32, to: v128): v128 {
  return madd(value, f32x4.splat(factor), to);
}

/** Bᵀ·d for n = 4: 6 values from 6. */
@inline
export function input4(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + step);
  const d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step);
  const d4 = v128.load(from + 4 * step);
  const d5 = v128.load(from + 5 * step);
  const even = addScaled(d2, -4, d4);
  const odd = addScaled(d1, -4, d3);
  const evenApart = f32x4.sub(d4, d2);
  const oddApart = scale(f32x4.sub(d3, d1), 2);
  v128.store(to, addScaled(f32x4.sub(d0, d2), 4, evenApart));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(evenApart, oddApart));
  v128.store(to + 4 * toStep, f32x4.sub(evenApart, oddApart));
  v128.store(to + 5 * toStep, addScaled(oddApart, -2, f32x4.sub(d5, d3)));
}

/** Aᵀ·m for n = 4: 4 values from 6. */
@inline
export function output4(from: usize, step: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(from);
  const m1 = v128.load(from + step);
  const m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step);
  const near = f32x4.add(m1, m2);
  const nearApart = f32x4.sub(m1, m2);
  const m4 = v128.load(from + 4 * step);
  const m5 = v128.load(from + 5 * step);
  const far = f32x4.add(m3, m4);
  const farApart = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, near), far));
  v128.store(to + toStep, addScaled(farApart, 2, nearApart));
  v128.store(to + 2 * toStep, addScaled(far, 4, near));
  v128.store(to + 3 * toStep, f32x4.add(addScaled(farApart, 8, nearApart), m5));
}

/** A·z: n + 2 values from n. */
@inline
export function outputTransposed(n: i32, from: usize, step: usize, to: usize, toStep: usize): void {
  const z0 = v128.load(from);
  const z1 = v128.load(from + step);
  v128.store(to, z0);
  if (n == 2) {
    v128.store(to + toStep, f32x4.add(z0, z1));
    v128.store(to + 2 * toStep, f32x4.sub(z0, z1));
    v128.store(to + 3 * toStep, f32x4.neg(z1));
    return;
  }
  const z2 = v128.load(from + 2 * step);
  const z3 = v128.load(from + 3 * step);
  const even = f32x4.add(z0, z2);
  const odd = f32x4.add(z1, z3);
  const evenFar = addScaled(z2, 4, z0);
  const oddFar = scale(addScaled(z3, 4, z1), 2);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(evenFar, oddFar));
  v128.store(to + 4 * toStep, f32x4.sub(evenFar, oddFar));
  v128.store(to + 5 * toStep, z3);
}

/** G·w: n + 2 values from 3. */
@inline
export function filter(n: i32, from: usize, step: usize, to: usize, toStep: usize): void {
  const w0 = v128.load(from);
  const w1 = v128.load(from + step);
  const w2 = v128.load(from + 2 * step);
  if (n == 2) {
    const outer = scale(f32x4.add(w0, w2), 0.5);
    const middle = scale(w1, 0.5);
    v128.store(to, w0);
    v128.store(to + toStep, f32x4.add(outer, middle));
    v128.store(to + 2 * toStep, f32x4.sub(outer, middle));
    v128.store(to + 3 * toStep, w2);
    return;
  }
  const outer = scale(f32x4.add(w0, w2), -1 / <f32>6);
  const middle = scale(w1, -1 / <f32>6);
  const wide = addScaled(w0, 1 / <f32>24, scale(w2, 1 / <f32>6));
  const half = scale(w1, 1 / <f32>12);
  v128.store(to, scale(w0, 0.25));
  v128.store(to + toStep, f32x4.add(outer, middle));
  v128.store(to + 2 * toStep, f32x4.sub(outer, middle));
  v128.store(to + 3 * toStep, f32x4.add(wide, half));
  v128.store(to + 4 * toStep, f32x4.sub(wide, half));
  v128.store(to + 5 * toStep, w2);
}

/** Gᵀ·u: 3 values from n + 2. */
@inline
export function filterTransposed(n: i32, from: usize, step: usize, to: usize, toStep: usize): void {
  const u0 = v128.load(from);
  const u1 = v128.load(from + step);
  const u2 = v128.load(from + 2 * step);
  const u3 = v128.load(from + 3 * step);
  const near = f32x4.add(u1, u2);
  const nearApart = f32x4.sub(u1, u2);
  if (n == 2) {
    v128.store(to, addScaled(near, 0.5, u0));
    v128.store(to + toStep, scale(nearApart, 0.5));
    v128.store(to + 2 * toStep, addScaled(near, 0.5, u3));
    return;
  }
  const u4 = v128.load(from + 4 * step);
  const u5 = v128.load(from + 5 * step);
  const far = f32x4.add(u3, u4);
  const farApart = f32x4.sub(u3, u4);
  const sixth = scale(near, -1 / <f32>6);
  v128.store(to, addScaled(u0, 0.25, addScaled(far, 1 / <f32>24, sixth)));
  v128.store(to + toStep, addScaled(farApart, 1 / <f32>12, scale(nearApart, -1 / <f32>6)));
  v128.store(to + 2 * toStep, addScaled(far, 1 / <f32>6, f32x4.add(sixth, u5)));
}

/** Bᵀ·d·B of a window of 4×4 pixels, in registers, for n = 2. */
@inline
export function inputs2(from: usize, pixel: usize, row: usize, to: usize, plane: usize): void {
  const r1 = from + row;
  const r2 = r1 + row;
  const r3 = r2 + row;
  // Column after column: what two neighbouring columns give is needed once more.
  let a = v128.load(from);
  let c = v128.load(r2);
  let b = v128.load(r1);
  let d = v128.load(r3);
  const v00 = f32x4.sub(a, c);
  const v10 = f32x4.add(b, c);
  const v20 = f32x4.sub(c, b);
  const v30 = f32x4.sub(b, d);
  a = v128.load(from + 2 * pixel);
  c = v128.load(r2 + 2 * pixel);
  b = v128.load(r1 + 2 * pixel);
  d = v128.load(r3 + 2 * pixel);
  const v02 = f32x4.sub(a, c);
  const v12 = f32x4.add(b, c);
  const v22 = f32x4.sub(c, b);
  const v32 = f32x4.sub(b, d);
  v128.store(to, f32x4.sub(v00, v02));
  v128.store(to + 4 * plane, f32x4.sub(v10, v12));
  v128.store(to + 8 * plane, f32x4.sub(v20, v22));
  v128.store(to + 12 * plane, f32x4.sub(v30, v32));
  a = v128.load(from + pixel);
  c = v128.load(r2 + pixel);
  b = v128.load(r1 + pixel);
  d = v128.load(r3 + pixel);
  const v01 = f32x4.sub(a, c);
  const v11 = f32x4.add(b, c);
  const v21 = f32x4.sub(c, b);
  const v31 = f32x4.sub(b, d);
  to += plane;
  v128.store(to, f32x4.add(v01, v02));
  v128.store(to + 4 * plane, f32x4.add(v11, v12));
  v128.store(to + 8 * plane, f32x4.add(v21, v22));
  v128.store(to + 12 * plane, f32x4.add(v31, v32));
  to += plane;
  v128.store(to, f32x4.sub(v02, v01));
  v128.store(to + 4 * plane, f32x4.sub(v12, v11));
  v128.store(to + 8 * plane, f32x4.sub(v22, v21));
  v128.store(to + 12 * plane, f32x4.sub(v32, v31));
  a = v128.load(from + 3 * pixel);
  c = v128.load(r2 + 3 * pixel);
  b = v128.load(r1 + 3 * pixel);
  d = v128.load(r3 + 3 * pixel);
  to += plane;
  v128.store(to, f32x4.sub(v01, f32x4.sub(a, c)));
  v128.store(to + 4 * plane, f32x4.sub(v11, f32x4.add(b, c)));
  v128.store(to + 8 * plane, f32x4.sub(v21, f32x4.sub(c, b)));
  v128.store(to + 12 * plane, f32x4.sub(v31, f32x4.sub(b, d)));
}

/** Aᵀ·m·A for n = 2, in registers: the four values, row by row, 16 bytes each, from `to` on. */
@inline
export function outputs2(from: usize, plane: usize, to: usize): void {
  let m0 = v128.load(from);
  let m1 = v128.load(from + 4 * plane);
  let m2 = v128.load(from + 8 * plane);
  let m3 = v128.load(from + 12 * plane);
  let above = f32x4.add(m0, f32x4.add(m1, m2));
  let below = f32x4.sub(f32x4.sub(m1, m2), m3);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 4 * plane);
  m2 = v128.load(from + 8 * plane);
  m3 = v128.load(from + 12 * plane);
  const above1 = f32x4.add(m0, f32x4.add(m1, m2));
  const below1 = f32x4.sub(f32x4.sub(m1, m2), m3);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 4 * plane);
  m2 = v128.load(from + 8 * plane);
  m3 = v128.load(from + 12 * plane);
  const above2 = f32x4.add(m0, f32x4.add(m1, m2));
  const below2 = f32x4.sub(f32x4.sub(m1, m2), m3);
  v128.store(to, f32x4.add(above, f32x4.add(above1, above2)));
  v128.store(to, f32x4.add(below, f32x4.add(below1, below2)), 32);
  above = f32x4.sub(above1, above2);
  below = f32x4.sub(below1, below2);
  from += plane;
  m0 = v128.load(from);
  m1 = v128.load(from + 4 * plane);
  m2 = v128.load(from + 8 * plane);
  m3 = v128.load(from + 12 * plane);
  v128.store(to, f32x4.sub(above, f32x4.add(m0, f32x4.add(m1, m2))), 16);
  v128.store(to, f32x4.sub(below, f32x4.sub(f32x4.sub(m1, m2), m3)), 48);
}
