/**
 * Softmax weights of largest posterior probability under a Gaussian prior: the minimum of
 *
 *   Σᵢ −log softmax(w·xᵢ)[labelᵢ] + ½ Σ_c (w_c − μ)ᵀ Σ⁻¹ (w_c − μ).
 *
 * At the minimum w_c = μ + Σ·Σᵢ aᵢ·xᵢ, so a [n] is sought for each class; Σ is never inverted, and need not be invertible. The
 * gradient in a is p − y + a. Distances are the prior's own, ‖a‖² = aᵀ·K·a with K = XΣXᵀ (in units of a weight's standard
 * deviation): there the Hessian is never below I, and the gradient's length bounds the distance from the minimum. L-BFGS in
 * that geometry, in double precision.
 */
import type { FitOptions } from '../types';
import { minimise, type Slope, type Space } from './minimise';
import { dot } from './unit';
import type { WeightPrior } from './weight-prior';

/** In standard deviations of the prior. */
const CLOSE_ENOUGH = 1e-7;
const MOST_STEPS = 2000;

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
  const zero = { a: new Float64Array(way * x.length), ka: new Float64Array(way * x.length) };
  const options = { closeEnough: CLOSE_ENOUGH, mostSteps: MOST_STEPS, signal };
  const { a } = await minimise(space, objective(kernel, base, labels, way), zero, options);
  return Array.from({ length: way }, (_, label) => {
    const weights = prior.mean.slice();
    for (const [i, each] of spread.entries()) {
      const amount = a[label * x.length + i]!;
      for (let d = 0; d < weights.length; d++) weights[d]! += amount * each[d]!;
    }
    return weights;
  });
}

function objective(
  kernel: readonly Float64Array[],
  base: Float64Array,
  labels: Int32Array,
  way: number,
): (at: Vector) => Slope<Vector> {
  const count = labels.length;
  const logProbabilities = ({ ka }: Vector, example: number): number[] => {
    const logits = Array.from({ length: way }, (_, c) => base[example]! + ka[c * count + example]!);
    const largest = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    return logits.map((logit) => logit - largest - Math.log(total));
  };
  return (at) => {
    const a = at.a.slice();
    let value = dot(at.a, at.ka) / 2;
    for (const [i, label] of labels.entries())
      for (const [c, log] of logProbabilities(at, i).entries()) {
        a[c * count + i]! += Math.exp(log) - (c === label ? 1 : 0);
        if (c === label) value -= log;
      }
    const ka = new Float64Array(a.length);
    for (let c = 0; c < way; c++) {
      const own = a.subarray(c * count, (c + 1) * count);
      for (const [i, row] of kernel.entries()) ka[c * count + i] = dot(row, own);
    }
    return { value, gradient: { a, ka } };
  };
}

const space: Space<Vector> = {
  product: (u, v) => dot(u.a, v.ka),
  plus: (u, v, factor) => ({
    a: u.a.map((value, i) => value + factor * v.a[i]!),
    ka: u.ka.map((value, i) => value + factor * v.ka[i]!),
  }),
  scaled: (u, factor) => ({
    a: u.a.map((value) => factor * value),
    ka: u.ka.map((value) => factor * value),
  }),
};
