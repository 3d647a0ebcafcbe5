/** Sums along one axis, in blocks, so that rounding errors grow with the block and not with the axis. */
import { horizontal } from './simd';

/** Values of a row that are summed before their sum is added. */
const LENGTH: i32 = 1024;
/** Rows of a block. */
const ROWS: i32 = 64;

/** y[outer,inner] = scale·Σ x[outer,reduced,inner] over the middle axis. */
export function sum(x: usize, outer: i32, reduced: i32, inner: i32, scale: f32, y: usize): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      store<f32>(y, rowSum(x, reduced) * scale);
    } else {
      memory.fill(y, 0, row);
      for (let first = 0; first < reduced; first += ROWS)
        addColumns(x + <usize>first * row, min(ROWS, reduced - first), inner, y);
      if (scale != 1)
        for (let i: usize = 0; i < row; i += 4) store<f32>(y + i, load<f32>(y + i) * scale);
    }
    x += <usize>reduced * row;
    y += row;
  }
}

function rowSum(x: usize, length: i32): f32 {
  let total: f32 = 0;
  for (let first = 0; first < length; first += LENGTH) {
    const count = min(LENGTH, length - first);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let i = 0;
    for (; i + 8 <= count; i += 8) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      x += 32;
    }
    let part = horizontal(f32x4.add(s0, s1));
    for (; i < count; i++) {
      part += load<f32>(x);
      x += 4;
    }
    total += part;
  }
  return total;
}

/** y += the sum of `count` rows. */
function addColumns(x: usize, count: i32, inner: i32, y: usize): void {
  const row = <usize>inner << 2;
  let c = 0;
  for (; c + 16 <= inner; c += 16) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let read = x + (<usize>c << 2);
    for (let i = 0; i < count; i++) {
      s0 = f32x4.add(s0, v128.load(read));
      s1 = f32x4.add(s1, v128.load(read, 16));
      s2 = f32x4.add(s2, v128.load(read, 32));
      s3 = f32x4.add(s3, v128.load(read, 48));
      read += row;
    }
    const to = y + (<usize>c << 2);
    v128.store(to, f32x4.add(v128.load(to), s0));
    v128.store(to, f32x4.add(v128.load(to, 16), s1), 16);
    v128.store(to, f32x4.add(v128.load(to, 32), s2), 32);
    v128.store(to, f32x4.add(v128.load(to, 48), s3), 48);
  }
  for (; c + 4 <= inner; c += 4) {
    let s = f32x4.splat(0);
    let read = x + (<usize>c << 2);
    for (let i = 0; i < count; i++) {
      s = f32x4.add(s, v128.load(read));
      read += row;
    }
    const to = y + (<usize>c << 2);
    v128.store(to, f32x4.add(v128.load(to), s));
  }
  for (; c < inner; c++) {
    let s: f32 = 0;
    let read = x + (<usize>c << 2);
    for (let i = 0; i < count; i++) {
      s += load<f32>(read);
      read += row;
    }
    const to = y + (<usize>c << 2);
    store<f32>(to, load<f32>(to) + s);
  }
}
