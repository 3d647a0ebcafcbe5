/**
 * The bilinear similarity of the paper before it is restricted: f(W, X) = Wᵀ·M·X with W and X as vectors of all K·C values
 * and M one matrix between them, so that channels are compared with channels too (method: §1). (K·C)² weights, for small
 * layers; each training step folds them into the kernel with (K·C)²·F multiply-adds, whatever the size of the map.
 * Static: what is left after training is a plain kernel.
 *
 * Value k·C + c is channel c of tap k, in the order in which a kernel [kh,kw,C,F] lies. The paper counts c·K + k: the same
 * matrices, with rows and columns in another order.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { Similarity } from '../parts';

/** K·C at most: a matrix of 16 MiB, and two more while it is trained. */
const MOST_VALUES = 2048;

export interface StaticBilinearOptions {
  /** λ of the penalty λ/2‖M‖², which pulls to zero, not to I; default 5e-3, as for `static-uns`. */
  readonly l2: number;
}

/**
 * M[K·C,K·C] as a weight of the layer, the identity at first.
 * Building a layer throws NeusimError LAYER_OPTIONS for more than 2048 values K·C.
 */
export function staticBilinear({ l2 }: StaticBilinearOptions): Similarity {
  return Object.freeze<Similarity>({
    name: 'static-bilinear',
    version: '1.0.0',
    options: { l2 },
    form: 'bilinear',
    source: 'parameter',
    weights: ({ taps, channels }) => {
      const values = taps * channels;
      if (values > MOST_VALUES)
        throw new NeusimError(
          'LAYER_OPTIONS',
          `static-bilinear: ${taps} taps of ${channels} channels are ${values} values, and ${MOST_VALUES} are the most`,
          {
            data: { similarity: 'static-bilinear', taps, channels, values, most: MOST_VALUES },
            hint: "Use 'static-grouped' or 'static-uns', or a smaller kernel or fewer channels.",
          },
        );
      return [
        {
          name: 'similarity',
          shape: [values, values],
          init: initializers.identity({ gain: 1 }),
          role: 'similarity',
          l2,
        },
      ];
    },
    channels: () => 0,
    toM: (z) => z ?? null,
    fold: (w, m, { taps, channels }) =>
      tf.tidy(() => {
        const flat = tf.reshape(w, [taps * channels, w.shape[3]]) as tf.Tensor2D;
        return tf.reshape(tf.matMul(m as tf.Tensor2D, flat, true), w.shape);
      }),
  });
}
