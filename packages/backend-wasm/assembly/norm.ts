/**
 * Batch normalisation over the rows of x [rows,channels]. Statistics are taken block by block, in the cache, and joined
 * as Chan, Golub & LeVeque (1979) do: x is read once, and its variance does not suffer from a large mean.
 */
import { madd } from './simd';

/** Rows of a block: of the widest maps it fills the first-level cache. */
const BLOCK: i32 = 64;

/** mean[channels] and (biased) variance[channels]. */
export function moments(x: usize, rows: i32, channels: i32, mean: usize, variance: usize): void {
  const row = <usize>channels << 2;
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(BLOCK, rows - first);
    const from = x + <usize>first * row;
    const weight = <f32>count / <f32>(first + count);
    let c = 0;
    for (; c + 16 <= channels; c += 16) {
      const at = <usize>c << 2;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let read = from + at;
      for (let i = 0; i < count; i++) {
        s0 = f32x4.add(s0, v128.load(read));
        s1 = f32x4.add(s1, v128.load(read, 16));
        s2 = f32x4.add(s2, v128.load(read, 32));
        s3 = f32x4.add(s3, v128.load(read, 48));
        read += row;
      }
      const share = f32x4.splat(<f32>1 / <f32>count);
      const m0 = f32x4.mul(s0, share);
      const m1 = f32x4.mul(s1, share);
      const m2 = f32x4.mul(s2, share);
      const m3 = f32x4.mul(s3, share);
      s0 = f32x4.splat(0);
      s1 = s0;
      s2 = s0;
      s3 = s0;
      read = from + at;
      for (let i = 0; i < count; i++) {
        const d0 = f32x4.sub(v128.load(read), m0);
        const d1 = f32x4.sub(v128.load(read, 16), m1);
        const d2 = f32x4.sub(v128.load(read, 32), m2);
        const d3 = f32x4.sub(v128.load(read, 48), m3);
        s0 = madd(d0, d0, s0);
        s1 = madd(d1, d1, s1);
        s2 = madd(d2, d2, s2);
        s3 = madd(d3, d3, s3);
        read += row;
      }
      join(mean + at, variance + at, first, weight, m0, s0);
      join(mean + at + 16, variance + at + 16, first, weight, m1, s1);
      join(mean + at + 32, variance + at + 32, first, weight, m2, s2);
      join(mean + at + 48, variance + at + 48, first, weight, m3, s3);
    }
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c << 2;
      const middle = f32x4.mul(columnSum(from + at, row, count), f32x4.splat(<f32>1 / <f32>count));
      join(mean + at, variance + at, first, weight, middle, columnSquares(from + at, row, count, middle));
    }
    for (; c < channels; c++) {
      const at = <usize>c << 2;
      let middle: f32 = 0;
      for (let i = 0; i < count; i++) middle += load<f32>(from + at + <usize>i * row);
      middle /= <f32>count;
      let spread: f32 = 0;
      for (let i = 0; i < count; i++) {
        const apart = load<f32>(from + at + <usize>i * row) - middle;
        spread += apart * apart;
      }
      const before = first ? load<f32>(mean + at) : middle;
      const apart = middle - before;
      store<f32>(mean + at, before + apart * weight);
      const sum = spread + apart * apart * <f32>first * weight;
      store<f32>(variance + at, first ? load<f32>(variance + at) + sum : sum);
    }
  }
  for (let c = 0; c < channels; c++) {
    const at = variance + (<usize>c << 2);
    store<f32>(at, load<f32>(at) / <f32>rows);
  }
}

/** Joins a block's mean and its sum of squares about that with those of the `first` rows before it. */
@inline
function join(mean: usize, variance: usize, first: i32, weight: f32, middle: v128, spread: v128): void {
  if (first == 0) {
    v128.store(mean, middle);
    v128.store(variance, spread);
    return;
  }
  const before = v128.load(mean);
  const apart = f32x4.sub(middle, before);
  v128.store(mean, madd(apart, f32x4.splat(weight), before));
  const between = f32x4.mul(f32x4.mul(apart, apart), f32x4.splat(<f32>first * weight));
  v128.store(variance, f32x4.add(v128.load(variance), f32x4.add(spread, between)));
}

/** Sum of four columns over `count` rows. */
@inline
function columnSum(from: usize, row: usize, count: i32): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    even = f32x4.add(even, v128.load(from));
    odd = f32x4.add(odd, v128.load(from + row));
    from += 2 * row;
  }
  if (i < count) even = f32x4.add(even, v128.load(from));
  return f32x4.add(even, odd);
}

@inline
function columnSquares(from: usize, row: usize, count: i32, middle: v128): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const a = f32x4.sub(v128.load(from), middle);
    const b = f32x4.sub(v128.load(from + row), middle);
    even = madd(a, a, even);
    odd = madd(b, b, odd);
    from += 2 * row;
  }
  if (i < count) {
    const a = f32x4.sub(v128.load(from), middle);
    even = madd(a, a, even);
  }
  return f32x4.add(even, odd);
}

/** y = scale·x + shift, each [channels]. */
export function affine(x: usize, rows: i32, channels: i32, scale: usize, shift: usize, y: usize): void {
  for (let i = 0; i < rows; i++) {
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c << 2;
      v128.store(y + at, madd(v128.load(x + at), v128.load(scale + at), v128.load(shift + at)));
    }
    for (; c < channels; c++) {
      const at = <usize>c << 2;
      store<f32>(y + at, load<f32>(x + at) * load<f32>(scale + at) + load<f32>(shift + at));
    }
    x += <usize>channels << 2;
    y += <usize>channels << 2;
  }
}

/** sums[channels] of dy, and products[channels] of dy·(x − mean)·rstd. */
export function normSums(
  x: usize, dy: usize, rows: i32, channels: i32, mean: usize, rstd: usize, sums: usize, products: usize,
): void {
  const row = <usize>channels << 2;
  memory.fill(sums, 0, row);
  memory.fill(products, 0, row);
  for (let first = 0; first < rows; first += BLOCK) {
    const count = min(BLOCK, rows - first);
    const offset = <usize>first * row;
    let c = 0;
    for (; c + 16 <= channels; c += 16) {
      const at = <usize>c << 2;
      const m0 = v128.load(mean + at);
      const m1 = v128.load(mean + at, 16);
      const m2 = v128.load(mean + at, 32);
      const m3 = v128.load(mean + at, 48);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let p0 = f32x4.splat(0);
      let p1 = p0;
      let p2 = p0;
      let p3 = p0;
      let from = offset + at;
      for (let i = 0; i < count; i++) {
        const g0 = v128.load(dy + from);
        const g1 = v128.load(dy + from, 16);
        const g2 = v128.load(dy + from, 32);
        const g3 = v128.load(dy + from, 48);
        s0 = f32x4.add(s0, g0);
        s1 = f32x4.add(s1, g1);
        s2 = f32x4.add(s2, g2);
        s3 = f32x4.add(s3, g3);
        p0 = madd(g0, f32x4.sub(v128.load(x + from), m0), p0);
        p1 = madd(g1, f32x4.sub(v128.load(x + from, 16), m1), p1);
        p2 = madd(g2, f32x4.sub(v128.load(x + from, 32), m2), p2);
        p3 = madd(g3, f32x4.sub(v128.load(x + from, 48), m3), p3);
        from += row;
      }
      addFour(sums + at, s0, s1, s2, s3);
      addFour(products + at, p0, p1, p2, p3);
    }
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c << 2;
      const middle = v128.load(mean + at);
      let sum = f32x4.splat(0);
      let product = f32x4.splat(0);
      let from = offset + at;
      for (let i = 0; i < count; i++) {
        const grad = v128.load(dy + from);
        sum = f32x4.add(sum, grad);
        product = madd(grad, f32x4.sub(v128.load(x + from), middle), product);
        from += row;
      }
      v128.store(sums + at, f32x4.add(v128.load(sums + at), sum));
      v128.store(products + at, f32x4.add(v128.load(products + at), product));
    }
    for (; c < channels; c++) {
      const at = <usize>c << 2;
      const middle = load<f32>(mean + at);
      let sum: f32 = 0;
      let product: f32 = 0;
      let from = offset + at;
      for (let i = 0; i < count; i++) {
        const grad = load<f32>(dy + from);
        sum += grad;
        product += grad * (load<f32>(x + from) - middle);
        from += row;
      }
      store<f32>(sums + at, load<f32>(sums + at) + sum);
      store<f32>(products + at, load<f32>(products + at) + product);
    }
  }
  for (let c = 0; c < channels; c++) {
    const at = products + (<usize>c << 2);
    store<f32>(at, load<f32>(at) * load<f32>(rstd + (<usize>c << 2)));
  }
}

/** Adds to 16 values. */
@inline
function addFour(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, f32x4.add(v128.load(to), a));
  v128.store(to, f32x4.add(v128.load(to, 16), b), 16);
  v128.store(to, f32x4.add(v128.load(to, 32), c), 32);
  v128.store(to, f32x4.add(v128.load(to, 48), d), 48);
}

/** dx = a·dy + b·(x − mean) + c, each of the four [channels]. */
export function normInputGradient(
  x: usize, dy: usize, rows: i32, channels: i32, mean: usize, a: usize, b: usize, c: usize, dx: usize,
): void {
  for (let i = 0; i < rows; i++) {
    let channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
      const at = <usize>channel << 2;
      const apart = f32x4.sub(v128.load(x + at), v128.load(mean + at));
      const moved = madd(apart, v128.load(b + at), v128.load(c + at));
      v128.store(dx + at, madd(v128.load(dy + at), v128.load(a + at), moved));
    }
    for (; channel < channels; channel++) {
      const at = <usize>channel << 2;
      const apart = load<f32>(x + at) - load<f32>(mean + at);
      const moved = apart * load<f32>(b + at) + load<f32>(c + at);
      store<f32>(dx + at, load<f32>(dy + at) * load<f32>(a + at) + moved);
    }
    x += <usize>channels << 2;
    dy += <usize>channels << 2;
    dx += <usize>channels << 2;
  }
}
