/**
 * Hyperspherical convolution (SphereConv; Liu et al. 2017; method: §13): y = g(θ), a function of nothing but the angle θ
 * between kernel and patch, between −1 and 1.
 */
import type { Similarity } from '../parts';
import { angleWeights, angular, SIGMOID_K } from '../response/angle';
import { polar } from '../response/norms';
import type { HypersphericalOptions } from '../response/options';
import { penalised } from '../response/penalty';

export function hyperspherical(options: HypersphericalOptions): Similarity {
  const { angle, k = SIGMOID_K, epsilon, orthogonality } = options;
  return Object.freeze<Similarity>({
    name: 'hyperspherical',
    version: '1.0.0',
    options: { ...options },
    form: 'none',
    source: 'none',
    kernel: penalised(orthogonality),
    weights: (_, filters) => angleWeights(angle, filters),
    channels: () => 0,
    toM: () => null,
    respond: (products, [sharpness]) => angular(angle, polar(products, epsilon).cosine, k, sharpness),
  });
}
