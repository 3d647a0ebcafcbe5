/**
 * Low-rank similarity: M = I + U·Vᵀ with U and V of `rank` columns, 2·K·rank values. The start is ours: with U and V both
 * zero neither would get a gradient, so V is zero and U starts at an orthonormal basis U₀ that is the same everywhere, the
 * first `rank` vectors of the discrete cosine transform over the taps. Statically U and V are the weight [2,K,rank];
 * dynamically a predictor gives what is added to U₀ and to zero, so that z = 0 is M = I and yet trains.
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

export interface DynamicLowRankOptions {
  /** Columns of U and of V, at least 1; default 2. At most K of them count: more make no other M. */
  readonly rank: number;
}

export interface StaticLowRankOptions extends DynamicLowRankOptions {
  /** λ of the penalty λ/2(‖U‖² + ‖V‖²), which pulls M to I. Default 0. */
  readonly l2: number;
}

function lowRank(name: string, { rank }: DynamicLowRankOptions): Structure {
  const columns = (taps: number) => Math.min(rank, taps);
  return {
    name,
    options: { rank },
    shape: (taps) => [2, taps, columns(taps)],
    matrices: (values, taps) => {
      const size = taps * columns(taps);
      const [u, v] = [0, size].map((from) =>
        tf.reshape(tf.slice(values, [0, from], [-1, size]), [values.shape[0], taps, columns(taps)]),
      ) as [tf.Tensor3D, tf.Tensor3D];
      return tf.add(eachProduct(u, v, true), identityMatrix(taps));
    },
    start: (taps) => tf.tidy(() => tf.stack([cosines(taps, columns(taps)), tf.zeros([taps, columns(taps)])])),
    multiplyAdds: (taps) => taps * taps * columns(taps),
  };
}

/** The first vectors of the discrete cosine transform (DCT-II) as orthonormal columns [K,rank]. */
function cosines(taps: number, rank: number): tf.Tensor2D {
  const values = Array.from({ length: taps }, (_, tap) =>
    Array.from({ length: rank }, (_, column) => {
      const scale = Math.sqrt((column === 0 ? 1 : 2) / taps);
      return scale * Math.cos((Math.PI * (tap + 0.5) * column) / taps);
    }),
  );
  return tf.tensor2d(values);
}

/** M = I + U·Vᵀ with the weight [2,K,rank], U before V. It folds. */
export const staticLowRank = ({ l2, ...options }: StaticLowRankOptions): Similarity =>
  staticStructure(lowRank('static-low-rank', options), { l2 } satisfies StructureOptions);

/** M [B,H',W',K,K] from z [B,H',W',2·K·rank]: z's first half [K,rank] is added to U₀, the second is V. */
export const dynamicLowRank = (options: DynamicLowRankOptions): Similarity =>
  dynamicStructure(lowRank('dynamic-low-rank', options));
