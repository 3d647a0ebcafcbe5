/**
 * Symmetric similarity: M = I + Z with Z = Zᵀ, K(K+1)/2 values: kernel tap k is compared with input tap s as tap s is with
 * k. The values are those below Z's diagonal and on it, row by row.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Similarity } from '../parts';
import {
  dynamicStructure,
  identityMatrix,
  type Structure,
  type StructureOptions,
  staticStructure,
} from './structure';
import { fillTriangle, type Triangle, triangleCost, triangleSize } from './triangle';

const triangle: Triangle = { diagonal: true, mirror: 1 };

const symmetric = (name: string): Structure => ({
  name,
  options: {},
  shape: (taps) => [triangleSize(taps, triangle)],
  matrices: (values, taps) => tf.add(fillTriangle(values, taps, triangle), identityMatrix(taps)),
  multiplyAdds: (taps) => triangleCost(taps, triangle),
});

/** M = I + Z with the weight [K(K+1)/2], zeros at first. It folds. */
export const staticSymmetric = (options: StructureOptions): Similarity =>
  staticStructure(symmetric('static-symmetric'), options);

/** M [B,H',W',K,K] from z [B,H',W',K(K+1)/2]. */
export const dynamicSymmetric = (): Similarity => dynamicStructure(symmetric('dynamic-symmetric'));
