/**
 * What the weights of known classes tell of a new class's (Bauer, Rojas-Carulla, Świątkowski, Schölkopf & Turner 2017,
 * "Discriminative k-shot learning using probabilistic models"): a Gaussian fitted to them.
 */
import { dot } from './unit';

export interface PriorOptions {
  /** Σ: one variance for all values (the paper's best), one for each, or a matrix. */
  readonly covariance: 'isotropic' | 'diagonal' | 'full';
  /** How far Σ is drawn towards its mean variance: (1 − s)·Σ + s·tr(Σ)/d·I. In [0, 1]. */
  readonly shrinkage: number;
  /** Factor on the logarithm of the prior, above 0: Σ over it takes Σ's place. 1 is the posterior's maximum. */
  readonly strength: number;
}

/** N(μ, Σ) over the d weights of a class. */
export interface WeightPrior {
  /** μ, [d] */
  readonly mean: Float64Array;
  /** Σ·x, [d] */
  covariance(x: Float64Array): Float64Array;
}

/**
 * The Gaussian of largest likelihood, shrunk.
 * @param weights of each known class, [classes][d]. Σ is kept as what it is made of: d may be thousands.
 */
export function fitPrior(
  weights: readonly Float64Array[],
  { covariance, shrinkage, strength }: PriorOptions,
): WeightPrior {
  const size = weights[0]!.length;
  const mean = new Float64Array(size);
  for (const each of weights) for (let i = 0; i < size; i++) mean[i]! += each[i]! / weights.length;
  const centred = weights.map((each) => each.map((value, i) => value - mean[i]!));
  const variances = new Float64Array(size);
  for (const each of centred)
    for (let i = 0; i < size; i++) variances[i]! += (each[i]! * each[i]!) / weights.length;
  const average = variances.reduce((sum, value) => sum + value / size, 0);
  const [own, shared] = [(1 - shrinkage) / strength, (shrinkage * average) / strength];
  switch (covariance) {
    case 'isotropic':
      return { mean, covariance: (x) => x.map((value) => (value * average) / strength) };
    case 'diagonal':
      return { mean, covariance: (x) => x.map((value, i) => value * (own * variances[i]! + shared)) };
    case 'full':
      return {
        mean,
        covariance: (x) => {
          const product = x.map((value) => value * shared);
          for (const each of centred) {
            const along = (own / weights.length) * dot(each, x);
            for (let i = 0; i < size; i++) product[i]! += along * each[i]!;
          }
          return product;
        },
      };
  }
}
