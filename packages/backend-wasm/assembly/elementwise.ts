/** Elementwise gradients in one pass. */

/** dx = 0 where x ≤ 0, else dy. */
export function reluGradient(x: usize, dy: usize, dx: usize, count: i32): void {
  const none = f32x4.splat(0);
  const fours = count & ~3;
  for (let i = 0; i < fours; i += 4) {
    const at = <usize>i << 2;
    v128.store(dx + at, v128.andnot(v128.load(dy + at), f32x4.le(v128.load(x + at), none)));
  }
  for (let i = fours; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(dx + at, load<f32>(x + at) <= 0 ? 0 : load<f32>(dy + at));
  }
}
