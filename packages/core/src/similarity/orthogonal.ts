/**
 * Orthogonal similarity: M = exp(A) with A = −Aᵀ, K(K−1)/2 values: a rotation of the patch, which keeps its length. The
 * values are those below A's diagonal, row by row.
 *
 * exp is a polynomial of degree 8 of A/2ˢ, squared s times: 4 + s products of K×K matrices (7 for a 3×3 window, some 5,000
 * multiply-adds a position, and as many tensors of M's size), no division by a number below 1, and gradients to every
 * order. A polynomial leaves the rotations where A is long, so A is shortened first, to A/√(1 + ‖A‖²/R²) with
 * R = π√(2⌊K/2⌋), the length that the rotation by half a turn in every plane has: every rotation but that one keeps an A,
 * and M is orthogonal to 1e-5 for every z in float32, however large. From 1e18 on, where ‖A‖² is not finite any more, M is I.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Similarity } from '../parts';
import {
  dynamicStructure,
  eachProduct,
  identityMatrix,
  type Structure,
  type StructureOptions,
  staticStructure,
} from './structure';
import { fillTriangle, type Triangle, triangleCost, triangleSize } from './triangle';

const triangle: Triangle = { diagonal: false, mirror: -1 };

/** Planes in which K dimensions turn. A single tap has none; its A is zero. */
const planes = (taps: number) => Math.max(1, Math.floor(taps / 2));

/**
 * s, such that no angle of A/2ˢ is above π/4: an angle is ‖A‖/√2 at most. There the polynomial is orthogonal to 5e-7, and s
 * squarings make that 2ˢ times as much.
 */
const squarings = (taps: number) => Math.ceil(Math.log2(4 * Math.sqrt(planes(taps))));

/** Products of K×K matrices in the polynomial. */
const POLYNOMIAL_PRODUCTS = 4;

const orthogonal = (name: string): Structure => ({
  name,
  options: {},
  shape: (taps) => [triangleSize(taps, triangle)],
  matrices: (values, taps) => {
    const skew = fillTriangle(values, taps, triangle);
    const longest = 2 * Math.PI ** 2 * planes(taps);
    const length = tf.sqrt(tf.add(tf.div(tf.sum(tf.square(skew), [1, 2], true), longest), 1));
    let turned = exponential(tf.div(skew, tf.mul(length, 2 ** squarings(taps))) as tf.Tensor3D, taps);
    for (let i = 0; i < squarings(taps); i++) turned = eachProduct(turned, turned);
    return turned;
  },
  multiplyAdds: (taps) => triangleCost(taps, triangle) + (POLYNOMIAL_PRODUCTS + squarings(taps)) * taps ** 3,
  tensors: 28,
});

/** Σ Aⁿ/n! up to n = 8: a polynomial of degree 4 in A, A², A³, A⁴ for its upper half, times A⁴, and the lower half. */
function exponential(a: tf.Tensor3D, taps: number): tf.Tensor3D {
  const second = eachProduct(a, a);
  const powers = [identityMatrix(taps), a, second, eachProduct(second, a), eachProduct(second, second)];
  const half = (coefficients: readonly number[]) =>
    coefficients
      .map((n, i) => tf.div(powers[i] as tf.Tensor3D, n))
      .reduce((sum, term) => tf.add(sum, term)) as tf.Tensor3D;
  const upper = half([24, 120, 720, 5040, 40320]);
  return tf.add(half([1, 1, 2, 6]), eachProduct(powers[4] as tf.Tensor3D, upper));
}

/** M = exp(A) with A as the weight [K(K−1)/2], zeros at first. It folds. */
export const staticOrthogonal = (options: StructureOptions): Similarity =>
  staticStructure(orthogonal('static-orthogonal'), options);

/** M [B,H',W',K,K] from z [B,H',W',K(K−1)/2]. */
export const dynamicOrthogonal = (): Similarity => dynamicStructure(orthogonal('dynamic-orthogonal'));
