/**
 * Positive semidefinite similarity: M = L·Lᵀ with L = I + Z lower triangular, K(K+1)/2 values: an inner product in a
 * geometry of its own, ⟨w, x⟩ = (Lᵀw)ᵀ(Lᵀx), in which a patch is never unlike itself. Every such M has a triangular factor
 * (Cholesky), so a full Z would only say it twice. Z has its values row by row.
 *
 * M has squares in it: it is finite for |z| up to 1e18, and its gradients as long as they fit float32 themselves.
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

const triangle: Triangle = { diagonal: true, mirror: 0 };

const psd = (name: string): Structure => ({
  name,
  options: {},
  shape: (taps) => [triangleSize(taps, triangle)],
  matrices: (values, taps) => {
    const factor = tf.add(fillTriangle(values, taps, triangle), identityMatrix(taps)) as tf.Tensor3D;
    return eachProduct(factor, factor, true);
  },
  multiplyAdds: (taps) => triangleCost(taps, triangle) + taps ** 3,
  tensors: 3,
});

/** M = L·Lᵀ with Z as the weight [K(K+1)/2], zeros at first. It folds. */
export const staticPsd = (options: StructureOptions): Similarity =>
  staticStructure(psd('static-psd'), options);

/** M [B,H',W',K,K] from z [B,H',W',K(K+1)/2]. */
export const dynamicPsd = (): Similarity => dynamicStructure(psd('dynamic-psd'));
