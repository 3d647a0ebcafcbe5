/** A full M at one position: K×K values between K taps of C channels each, tap after tap. */
import { MOST_ROWS, tn } from './microkernels';
import { addOne, madd } from './simd';

/** to[k,c] = Σₛ m[s,k]·from[s,c]: m's columns become the rows of `to`. */
export function mix(m: usize, from: usize, to: usize, taps: i32, channels: i32): void {
  const tap = <usize>channels << 2;
  const row = <usize>taps << 2;
  let c = 0;
  for (; c + 8 <= channels; c += 8)
    for (let k = 0; k < taps; k += MOST_ROWS) {
      const write = to + <usize>k * tap + (<usize>c << 2);
      tn(min(MOST_ROWS, taps - k), false, taps, m + (<usize>k << 2), row, from + (<usize>c << 2), tap, write, tap, false);
    }
  if (c + 4 <= channels) {
    for (let k = 0; k < taps; k += MOST_ROWS) {
      const write = to + <usize>k * tap + (<usize>c << 2);
      tn(min(MOST_ROWS, taps - k), true, taps, m + (<usize>k << 2), row, from + (<usize>c << 2), tap, write, tap, false);
    }
    c += 4;
  }
  for (; c < channels; c++)
    for (let k = 0; k < taps; k++) {
      let sum: f32 = 0;
      for (let s = 0; s < taps; s++)
        sum += load<f32>(m + <usize>s * row + (<usize>k << 2)) * load<f32>(from + <usize>s * tap + (<usize>c << 2));
      store<f32>(to + <usize>k * tap + (<usize>c << 2), sum);
    }
}

/** to[s,k] = m[k,s]. */
export function turn(m: usize, to: usize, taps: i32): void {
  for (let k = 0; k < taps; k++)
    for (let s = 0; s < taps; s++)
      store<f32>(to + (<usize>(s * taps + k) << 2), load<f32>(m + (<usize>(k * taps + s) << 2)));
}

/** dm[k,s] += Σ꜀ g[k,c]·x[s,c]. */
export function outer(g: usize, x: usize, dm: usize, taps: i32, channels: i32): void {
  const tap = <usize>channels << 2;
  const fours = taps & ~3;
  for (let k = 0; k < taps; k++)
    for (let s = 0; s < fours; s += 4)
      add(dm + (<usize>(k * taps + s) << 2), fourDots(g + <usize>k * tap, x + <usize>s * tap, tap, channels));
  for (let s = fours; s < taps; s++) {
    const values = x + <usize>s * tap;
    let k = 0;
    for (; k < fours; k += 4) {
      const sums = fourDots(values, g + <usize>k * tap, tap, channels);
      const at = dm + (<usize>(k * taps + s) << 2);
      addOne(at, f32x4.extract_lane(sums, 0));
      addOne(at + (<usize>taps << 2), f32x4.extract_lane(sums, 1));
      addOne(at + (<usize>taps << 3), f32x4.extract_lane(sums, 2));
      addOne(at + <usize>taps * 12, f32x4.extract_lane(sums, 3));
    }
    for (; k < taps; k++) {
      let sum: f32 = 0;
      for (let c: usize = 0; c < tap; c += 4) sum += load<f32>(values + c) * load<f32>(g + <usize>k * tap + c);
      addOne(dm + (<usize>(k * taps + s) << 2), sum);
    }
  }
}

/** Dot products of a with the four rows from b on, `stride` bytes apart. */
@inline
function fourDots(a: usize, b: usize, stride: usize, count: i32): v128 {
  const b1 = b + stride;
  const b2 = b1 + stride;
  const b3 = b2 + stride;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    const v = v128.load(a + at);
    s0 = madd(v, v128.load(b + at), s0);
    s1 = madd(v, v128.load(b1 + at), s1);
    s2 = madd(v, v128.load(b2 + at), s2);
    s3 = madd(v, v128.load(b3 + at), s3);
  }
  const s01 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const s23 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  let sums = f32x4.add(v128.shuffle<f32>(s01, s23, 0, 1, 4, 5), v128.shuffle<f32>(s01, s23, 2, 3, 6, 7));
  for (; i < count; i++) {
    const at = <usize>i << 2;
    let rest = v128.load_splat<f32>(b + at);
    rest = f32x4.replace_lane(rest, 1, load<f32>(b1 + at));
    rest = f32x4.replace_lane(rest, 2, load<f32>(b2 + at));
    rest = f32x4.replace_lane(rest, 3, load<f32>(b3 + at));
    sums = f32x4.add(sums, f32x4.mul(f32x4.splat(load<f32>(a + at)), rest));
  }
  return sums;
}

@inline
function add(at: usize, values: v128): void {
  v128.store(at, f32x4.add(v128.load(at), values));
}
