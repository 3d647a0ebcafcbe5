/** One step of an optimiser on one parameter, in one pass: g is the gradient with λ·p of the penalty λ/2·‖p‖². */
import { madd } from './simd';

/** v' = μ·v + g, p' = p − η·v' (Nesterov: p − η·(g + μ·v')). */
export function updateSgd(
  param: usize, grad: usize, velocity: usize, nextParam: usize, nextVelocity: usize, count: i32,
  learningRate: f32, momentum: f32, nesterov: bool, l2: f32,
): void {
  const rate = f32x4.splat(-learningRate);
  const inertia = f32x4.splat(momentum);
  const penalty = f32x4.splat(l2);
  const fours = count & ~3;
  for (let i = 0; i < fours; i += 4) {
    const at = <usize>i << 2;
    const p = v128.load(param + at);
    const g = madd(p, penalty, v128.load(grad + at));
    const v = madd(v128.load(velocity + at), inertia, g);
    v128.store(nextVelocity + at, v);
    v128.store(nextParam + at, madd(nesterov ? madd(v, inertia, g) : v, rate, p));
  }
  for (let i = fours; i < count; i++) {
    const at = <usize>i << 2;
    const p = load<f32>(param + at);
    const g = load<f32>(grad + at) + l2 * p;
    const v = momentum * load<f32>(velocity + at) + g;
    store<f32>(nextVelocity + at, v);
    store<f32>(nextParam + at, p - learningRate * (nesterov ? g + momentum * v : v));
  }
}

/**
 * m' = β₁·m + (1 − β₁)·g, v' = β₂·v + (1 − β₂)·g², p' = p − rate·m'/(√(v'·unbias) + ε), where rate and unbias hold
 * what corrects the start, and rest1 and rest2 are 1 − β.
 */
export function updateAdam(
  param: usize, grad: usize, first: usize, second: usize, nextParam: usize, nextFirst: usize, nextSecond: usize, count: i32,
  rate: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, unbias: f32, epsilon: f32, l2: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const keep2 = f32x4.splat(beta2);
  const add1 = f32x4.splat(rest1);
  const add2 = f32x4.splat(rest2);
  const fours = count & ~3;
  for (let i = 0; i < fours; i += 4) {
    const at = <usize>i << 2;
    const p = v128.load(param + at);
    const g = madd(p, f32x4.splat(l2), v128.load(grad + at));
    const m = madd(g, add1, f32x4.mul(v128.load(first + at), keep1));
    const v = madd(f32x4.mul(g, g), add2, f32x4.mul(v128.load(second + at), keep2));
    v128.store(nextFirst + at, m);
    v128.store(nextSecond + at, v);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(unbias))), f32x4.splat(epsilon));
    v128.store(nextParam + at, f32x4.sub(p, f32x4.mul(f32x4.splat(rate), f32x4.div(m, root))));
  }
  for (let i = fours; i < count; i++) {
    const at = <usize>i << 2;
    const p = load<f32>(param + at);
    const g = load<f32>(grad + at) + l2 * p;
    const m = beta1 * load<f32>(first + at) + rest1 * g;
    const v = beta2 * load<f32>(second + at) + rest2 * (g * g);
    store<f32>(nextFirst + at, m);
    store<f32>(nextSecond + at, v);
    store<f32>(nextParam + at, p - rate * (m / (sqrt<f32>(v * unbias) + epsilon)));
  }
}
