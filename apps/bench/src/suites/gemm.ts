/** Matrix products of the sizes that convolutions come to, against XNNPACK's in tfjs-wasm. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { meanRatios, measure, ratio } from '../measure';
import { type Findings, row } from '../report';

/** [M, N, K]. */
const sizes = [
  [1024, 1024, 1024],
  [1536, 64, 576],
  [1536, 128, 1152],
  [6144, 32, 288],
] as const;

export function benchGemm(engines: Engines, quick: boolean): Findings {
  const found = (quick ? ([[9, 5, 7]] as const) : sizes).map(([m, n, k]) => {
    const a = tf.randomNormal<tf.Rank.R2>([m, k]);
    const b = tf.randomNormal<tf.Rank.R2>([k, n]);
    const run = () => tf.dispose(tf.matMul(a, b));
    const { neusim, stock } = measure(
      engines,
      { neusim: { engine: 'neusim', run }, stock: { engine: 'stock', run } },
      quick ? 2 : 15,
    );
    tf.dispose([a, b]);
    const rowOf = (sample: typeof stock) => row(`${m}×${n}×${k}`, sample, (2 * m * n * k) / 1e9, 'GFLOP/s');
    return {
      rows: [rowOf(stock), rowOf(neusim)],
      ratios: { gemmVsXnnpack: ratio(neusim, stock) },
    };
  });
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.map(({ ratios }) => ratios)),
  };
}
