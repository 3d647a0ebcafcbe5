/**
 * Full context embeddings (Vinyals et al. 2016, appendix A): what an example is taken for depends on the whole support, and a
 * query is read with the support in view.
 *
 *     g(xᵢ, S) = h→ᵢ + h←ᵢ + g'(xᵢ),  h→ᵢ, c→ᵢ = LSTM(g'(xᵢ), h→ᵢ₋₁, c→ᵢ₋₁), h← alike from the end           (A.2)
 *     f(x, S) = h_K,  ĥₖ, cₖ = LSTM(f'(x), [hₖ₋₁, rₖ₋₁], cₖ₋₁),  hₖ = ĥₖ + f'(x),
 *     rₖ₋₁ = Σᵢ a(hₖ₋₁, g(xᵢ))·g(xᵢ),  a(h, g(xᵢ)) = softmaxᵢ(hᵀ·g(xᵢ))                                       (A.1)
 *
 * h₀ and c₀ are zero, so that the first r is the support's mean.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { lstm } from './lstm-cell';

export interface FullContext {
  readonly models: readonly LayersModel[];
  /** g(xᵢ, S): [n,features] of g' in the order in which the support is read. */
  support(embedded: tf.Tensor2D): tf.Tensor2D;
  /** f(x, S): [m,features] of f' [m,features]. @param support what `support` gave. */
  query(embedded: tf.Tensor2D, support: tf.Tensor2D): tf.Tensor2D;
}

/** @param steps K, from 1. @param seed of the start of its three LSTMs, whose units are the features. */
export function fullContext(features: number, steps: number, seed: number): FullContext {
  const forwards = lstm('context_forward', 2 * features, features, seed);
  const backwards = lstm('context_backward', 2 * features, features, seed);
  const attention = lstm('context_attention', 3 * features, features, seed);

  const along = (cell: typeof forwards, rows: readonly tf.Tensor2D[]): tf.Tensor2D[] => {
    let state = cell.zeros(1);
    return rows.map((row) => {
      state = cell.step(state, row, state.h);
      return state.h;
    });
  };
  return {
    models: [forwards.model, backwards.model, attention.model],
    support: (embedded) =>
      tf.tidy(() => {
        const count = embedded.shape[0];
        const rows = tf.split(embedded, count) as tf.Tensor2D[];
        const ahead = along(forwards, rows);
        const back = along(backwards, rows.toReversed()).toReversed();
        return tf.addN([tf.concat(ahead), tf.concat(back), embedded]) as tf.Tensor2D;
      }),
    query: (embedded, support) =>
      tf.tidy(() => {
        let state = attention.zeros(embedded.shape[0]);
        for (let k = 0; k < steps; k++) {
          const weights = tf.softmax(tf.matMul(state.h, tf.transpose(support)));
          const read = tf.matMul<tf.Tensor2D>(weights, support);
          const { h, c } = attention.step(state, embedded, state.h, read);
          state = { h: tf.add<tf.Tensor2D>(h, embedded), c };
        }
        return state.h;
      }),
  };
}
