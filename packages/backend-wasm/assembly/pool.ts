/**
 * Gradients of pooling, window by window, four channels at a time. A `Geometry` says where the windows lie; what hangs
 * over the edge does not count.
 */
import { Geometry } from './geometry';
import { addOne } from './simd';

/** dx (zeros before) gets dy at the first maximum of each window of x. */
export function maxPoolGradient(g: Geometry, x: usize, dy: usize, dx: usize): void {
  const pixel = <usize>g.channels << 2;
  for (let image = 0; image < g.batch; image++)
    for (let line = 0; line < g.outHeight; line++)
      for (let column = 0; column < g.outWidth; column++) {
        const top = line * g.strideY - g.padTop;
        const left = column * g.strideX - g.padLeft;
        const y0 = max(0, top);
        const x0 = max(0, left);
        const y1 = min(g.height, top + g.kernelHeight);
        const x1 = min(g.width, left + g.kernelWidth);
        if (y0 >= y1 || x0 >= x1) {
          dy += pixel;
          continue;
        }
        const start = <usize>((image * g.height + y0) * g.width + x0) * pixel;
        const fours = pixel & ~15;
        for (let c: usize = 0; c < fours; c += 16) {
          let best = v128.load(x + start + c);
          let winner = i32x4.splat(<i32>(start + c));
          let row = start + c;
          for (let y = y0; y < y1; y++) {
            let at = row;
            for (let u = x0; u < x1; u++) {
              const value = v128.load(x + at);
              const greater = f32x4.gt(value, best);
              best = v128.bitselect(value, best, greater);
              winner = v128.bitselect(i32x4.splat(<i32>at), winner, greater);
              at += pixel;
            }
            row += <usize>g.width * pixel;
          }
          const grad = v128.load(dy + c);
          addOne(dx + <usize>i32x4.extract_lane(winner, 0), f32x4.extract_lane(grad, 0));
          addOne(dx + <usize>i32x4.extract_lane(winner, 1) + 4, f32x4.extract_lane(grad, 1));
          addOne(dx + <usize>i32x4.extract_lane(winner, 2) + 8, f32x4.extract_lane(grad, 2));
          addOne(dx + <usize>i32x4.extract_lane(winner, 3) + 12, f32x4.extract_lane(grad, 3));
        }
        for (let c = fours; c < pixel; c += 4) {
          let winner = start + c;
          let best = load<f32>(x + winner);
          let row = winner;
          for (let y = y0; y < y1; y++) {
            let at = row;
            for (let u = x0; u < x1; u++) {
              const value = load<f32>(x + at);
              if (value > best) {
                best = value;
                winner = at;
              }
              at += pixel;
            }
            row += <usize>g.width * pixel;
          }
          addOne(dx + winner, load<f32>(dy + c));
        }
        dy += pixel;
      }
}

/** dx (zeros before) gets dy shared out among the elements of each window. */
export function averagePoolGradient(g: Geometry, dy: usize, dx: usize): void {
  const pixel = <usize>g.channels << 2;
  const fours = pixel & ~15;
  for (let image = 0; image < g.batch; image++)
    for (let line = 0; line < g.outHeight; line++)
      for (let column = 0; column < g.outWidth; column++) {
        const top = line * g.strideY - g.padTop;
        const left = column * g.strideX - g.padLeft;
        const y0 = max(0, top);
        const x0 = max(0, left);
        const y1 = min(g.height, top + g.kernelHeight);
        const x1 = min(g.width, left + g.kernelWidth);
        const share = <f32>1 / <f32>((y1 - y0) * (x1 - x0));
        for (let y = y0; y < y1; y++)
          for (let u = x0; u < x1; u++) {
            const to = dx + <usize>((image * g.height + y) * g.width + u) * pixel;
            for (let c: usize = 0; c < fours; c += 16) {
              const grad = f32x4.mul(v128.load(dy + c), f32x4.splat(share));
              v128.store(to + c, f32x4.add(v128.load(to + c), grad));
            }
            for (let c = fours; c < pixel; c += 4)
              store<f32>(to + c, load<f32>(to + c) + load<f32>(dy + c) * share);
          }
        dy += pixel;
      }
}
