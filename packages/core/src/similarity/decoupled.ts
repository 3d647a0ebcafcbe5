/**
 * Decoupled convolution (DCNets, Liu et al. 2018; method: §13): y = h(‖patch‖)·g(θ), what a patch's norm says and what its
 * angle to the kernel says apart. Kernels count as of norm 1. Of the paper's weighted operators (recalled, not read off
 * code) `linear` has y = ‖w‖·h·g and `tanh` y = tanh(‖w‖/ρ_w)·h·g.
 *
 * With `linear` and `cosine` y = α·⟨w/‖w‖, patch⟩ is a plain convolution: that one folds. It is the weight-normalised
 * softmax layer of SphereNet, and weighted by the kernel's norm the inner product.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Call, Products, Similarity } from '../parts';
import { angleWeights, angular, SIGMOID_K } from '../response/angle';
import { magnitudeOf } from '../response/magnitude';
import { polar, unitKernel } from '../response/norms';
import { type DecoupledOptions, WITH_RADIUS } from '../response/options';
import { penalised } from '../response/penalty';
import { learnedRadius, radiusWeights } from '../response/radius';

export function decoupled(options: DecoupledOptions): Similarity {
  const { magnitude, angle, epsilon, orthogonality } = options;
  const { alpha, beta = 0.5, k = SIGMOID_K, radius = 'learned', weighted, kernelRadius = 1 } = options;
  const learnsRadius = WITH_RADIUS.includes(magnitude) && radius === 'learned';

  /** Of the part's weights those of the angle come first. */
  const ofAngle = angle === 'learned-sigmoid' ? 1 : 0;

  /** ρ; a magnitude without one does not look at it. */
  const radiusOf = (n: tf.Tensor4D, weights: readonly tf.Tensor[], call: Call) => {
    if (learnsRadius) return learnedRadius(n, weights.slice(ofAngle), call, ofAngle);
    return radius === 'learned' ? 1 : radius;
  };
  /** What ‖w‖ [F] counts as, where it counts. */
  const weightOf = (norm: () => tf.Tensor1D) => {
    if (weighted === false) return undefined;
    return weighted === 'linear' ? norm() : tf.tanh(tf.div(norm(), kernelRadius));
  };

  const respond = (products: Products, weights: readonly tf.Tensor[], call: Call): tf.Tensor4D => {
    const { cosine, patchNorm, kernelNorm } = polar(products, epsilon);
    const n = patchNorm();
    const h = magnitudeOf(magnitude, n, { alpha, beta }, radiusOf(n, weights, call));
    const y = tf.mul<tf.Tensor4D>(angular(angle, cosine, k, weights[0]), h);
    const weight = weightOf(kernelNorm);
    return weight ? tf.mul(y, weight) : y;
  };
  const fold: Similarity['fold'] = (w, _, __, mask) => {
    const { kernel, norm } = unitKernel(w, epsilon, mask);
    const weight = weightOf(() => norm);
    return tf.mul(kernel, weight ? tf.mul(weight, alpha) : alpha);
  };

  return Object.freeze<Similarity>({
    name: 'decoupled',
    version: '1.0.0',
    options: { ...options },
    form: 'none',
    source: 'none',
    kernel: penalised(orthogonality),
    weights: (_, filters) => [
      ...angleWeights(angle, filters),
      ...(learnsRadius ? radiusWeights(filters) : []),
    ],
    channels: () => 0,
    toM: () => null,
    ...(magnitude === 'linear' && angle === 'cosine' ? { fold } : { respond }),
  });
}
