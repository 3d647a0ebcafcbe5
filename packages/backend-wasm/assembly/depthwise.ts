/**
 * Gradients of depthwise convolution: x[B,H,W,C], w[K,C,Q], dy[B,H',W',C·Q], whose channel Q·c + q is filter q of
 * channel c. A `Geometry` tells C as its channels and Q as its filters.
 */
import { Geometry, taps } from './geometry';
import { madd } from './simd';

/** dx (zeros before) of w and dy. */
export function depthwiseInputGradient(g: Geometry, w: usize, dy: usize, dx: usize): void {
  visit(g, dx, w, dy, false);
}

/** dw (zeros before) of x and dy. */
export function depthwiseFilterGradient(g: Geometry, x: usize, dy: usize, dw: usize): void {
  visit(g, x, dw, dy, true);
}

/** Every tap of every position: the gradient of the kernel, or that of the map. */
function visit(g: Geometry, map: usize, kernel: usize, dy: usize, ofKernel: bool): void {
  const pixel = <usize>g.channels << 2;
  const tap = pixel * g.filters;
  for (let image = 0; image < g.batch; image++)
    for (let line = 0; line < g.outHeight; line++)
      for (let column = 0; column < g.outWidth; column++) {
        let weights = kernel;
        for (let k = 0; k < taps(g); k++) {
          const y = line * g.strideY - g.padTop + (k / g.kernelWidth) * g.dilationY;
          const u = column * g.strideX - g.padLeft + (k % g.kernelWidth) * g.dilationX;
          if (<u32>y < <u32>g.height && <u32>u < <u32>g.width) {
            const at = map + <usize>((image * g.height + y) * g.width + u) * pixel;
            if (g.filters > 1) several(at, weights, dy, g.channels, g.filters, ofKernel);
            else if (ofKernel) multiplyAdd(at, dy, weights, g.channels);
            else multiplyAdd(weights, dy, at, g.channels);
          }
          weights += tap;
        }
        dy += tap;
      }
}

/** to += a·b. */
@inline
function multiplyAdd(a: usize, b: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(to + at, madd(v128.load(a + at), v128.load(b + at), v128.load(to + at)));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(to + at, load<f32>(to + at) + load<f32>(a + at) * load<f32>(b + at));
  }
}

function several(map: usize, weights: usize, dy: usize, channels: i32, filters: i32, ofKernel: bool): void {
  for (let c = 0; c < channels; c++) {
    let sum: f32 = 0;
    for (let q = 0; q < filters; q++) {
      const grad = load<f32>(dy);
      if (ofKernel) store<f32>(weights, load<f32>(weights) + load<f32>(map) * grad);
      else sum += load<f32>(weights) * grad;
      weights += 4;
      dy += 4;
    }
    if (!ofKernel) store<f32>(map, load<f32>(map) + sum);
    map += 4;
  }
}
