/**
 * Softmax weights of largest posterior probability under a Gaussian prior: the minimum of
 *
 *   Σᵢ −log softmax(w·xᵢ)[labelᵢ] + ½ Σ_c (w_c − μ)ᵀ Σ⁻¹ (w_c − μ).
 *
 * At the minimum w_c = μ + Σ·Σᵢ aᵢ·xᵢ, so a [n] is sought for each class; Σ is never inverted, and need not be invertible. The
 * gradient in a is p − y + a. Distances are the prior's own, ‖a‖² = aᵀ·K·a with K = XΣXᵀ (in units of a weight's standard
 * deviation): there the Hessian is never below I, and the gradient's length bounds the distance from the minimum. L-BFGS
 * (Nocedal 1980) in that geometry, in double precision.
 */
import { breathe } from '@neusim/train';
import type { FitOptions } from '../types';
import { dot } from './unit';
import type { WeightPrior } from './weight-prior';

/** In standard deviations of the prior. */
const CLOSE_ENOUGH = 1e-7;
const MOST_ITERATIONS = 2000;
const REMEMBERED = 20;

/** Coefficients [way·n] and their product with K: what all steps are combined of. */
interface Vector {
  readonly a: Float64Array;
  readonly ka: Float64Array;
}

/**
 * The weights [way][d].
 * @param x of each example, [n][d]; with a bias its last value is 1. @param labels [n], 0..way - 1.
 * @throws the signal's reason, between two iterations.
 */
export async function mapWeights(
  x: readonly Float64Array[],
  labels: Int32Array,
  way: number,
  prior: WeightPrior,
  { signal }: Pick<FitOptions, 'signal'> = {},
): Promise<Float64Array[]> {
  const spread = x.map((each) => prior.covariance(each));
  const kernel = x.map((each) => Float64Array.from(spread, (other) => dot(each, other)));
  const base = Float64Array.from(x, (each) => dot(each, prior.mean));
  const { a } = await minimise(objective(kernel, base, labels, way), way * x.length, signal);
  return Array.from({ length: way }, (_, label) => {
    const weights = prior.mean.slice();
    for (const [i, each] of spread.entries()) {
      const amount = a[label * x.length + i]!;
      for (let d = 0; d < weights.length; d++) weights[d]! += amount * each[d]!;
    }
    return weights;
  });
}

interface Objective {
  value(at: Vector): number;
  gradient(at: Vector): Vector;
}

function objective(
  kernel: readonly Float64Array[],
  base: Float64Array,
  labels: Int32Array,
  way: number,
): Objective {
  const count = labels.length;
  const logProbabilities = ({ ka }: Vector, example: number): number[] => {
    const logits = Array.from({ length: way }, (_, c) => base[example]! + ka[c * count + example]!);
    const largest = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    return logits.map((logit) => logit - largest - Math.log(total));
  };
  return {
    value: (at) =>
      labels.reduce((sum, label, i) => sum - logProbabilities(at, i)[label]!, dot(at.a, at.ka) / 2),
    gradient: (at) => {
      const a = at.a.slice();
      for (const [i, label] of labels.entries())
        for (const [c, log] of logProbabilities(at, i).entries())
          a[c * count + i]! += Math.exp(log) - (c === label ? 1 : 0);
      const ka = new Float64Array(a.length);
      for (let c = 0; c < way; c++) {
        const own = a.subarray(c * count, (c + 1) * count);
        for (const [i, row] of kernel.entries()) ka[c * count + i] = dot(row, own);
      }
      return { a, ka };
    },
  };
}

async function minimise(f: Objective, size: number, signal?: AbortSignal): Promise<Vector> {
  const pause = breathe();
  let at: Vector = { a: new Float64Array(size), ka: new Float64Array(size) };
  let [value, gradient] = [f.value(at), f.gradient(at)];
  const memory: Pair[] = [];
  for (let i = 0; i < MOST_ITERATIONS && product(gradient, gradient) > CLOSE_ENOUGH ** 2; i++) {
    signal?.throwIfAborted();
    const direction = descent(gradient, memory);
    const next = lineSearch(f, at, value, direction, product(direction, gradient));
    // Round-off is all that is left.
    if (!next) break;
    const nextGradient = f.gradient(next.at);
    const pair = { s: plus(next.at, at, -1), y: plus(nextGradient, gradient, -1) };
    memory.push({ ...pair, sy: product(pair.s, pair.y) });
    if (memory.length > REMEMBERED) memory.shift();
    [at, value, gradient] = [next.at, next.value, nextGradient];
    await pause();
  }
  return at;
}

interface Pair {
  readonly s: Vector;
  readonly y: Vector;
  /** ⟨s, y⟩, at least ‖s‖², as the Hessian is at least I. */
  readonly sy: number;
}

/** −H·gradient, with H what the remembered pairs make of the inverse Hessian. */
function descent(gradient: Vector, memory: readonly Pair[]): Vector {
  let q = plus(
    { a: new Float64Array(gradient.a.length), ka: new Float64Array(gradient.a.length) },
    gradient,
    -1,
  );
  const amounts: number[] = [];
  for (const { s, y, sy } of [...memory].reverse()) {
    const amount = product(s, q) / sy;
    amounts.unshift(amount);
    q = plus(q, y, -amount);
  }
  const last = memory.at(-1);
  if (last) q = scaled(q, last.sy / product(last.y, last.y));
  for (const [i, { s, y, sy }] of memory.entries()) q = plus(q, s, amounts[i]! - product(y, q) / sy);
  return q;
}

/** The first of the steps 1, ½, ¼ … that falls as a part of the slope says; none where nothing falls any more. */
function lineSearch(
  f: Objective,
  at: Vector,
  value: number,
  direction: Vector,
  slope: number,
): { at: Vector; value: number } | undefined {
  for (let step = 1; step > 1e-12; step /= 2) {
    const next = plus(at, direction, step);
    const nextValue = f.value(next);
    if (nextValue < value && nextValue <= value + 1e-4 * step * slope) return { at: next, value: nextValue };
  }
  return undefined;
}

const product = (u: Vector, v: Vector) => dot(u.a, v.ka);

const plus = (u: Vector, v: Vector, factor: number): Vector => ({
  a: u.a.map((value, i) => value + factor * v.a[i]!),
  ka: u.ka.map((value, i) => value + factor * v.ka[i]!),
});

const scaled = (u: Vector, factor: number): Vector => ({
  a: u.a.map((value) => factor * value),
  ka: u.ka.map((value) => factor * value),
});
