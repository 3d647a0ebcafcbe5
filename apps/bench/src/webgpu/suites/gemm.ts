/** Matrix products, against tfjs-webgpu's. */
import * as tf from '@tensorflow/tfjs-core';
import { meanRatios, ratio } from '../../measure';
import type { Findings } from '../../report';
import type { GpuEngineName, GpuEngines } from '../engines';
import { measureGpu, perBackend } from '../measure';
import { computeRow } from '../rows';

/** [M, N, K]. */
const onGpu = [
  [1024, 1024, 1024],
  [4096, 4096, 4096],
  [131072, 32, 288],
  [8192, 128, 1152],
] as const;
const inSoftware = [[256, 256, 256]] as const;

export async function benchGpuGemm(engines: GpuEngines): Promise<Findings> {
  const { speed, facts } = engines;
  const found = [];
  for (const [m, n, k] of speed.quick ? ([[9, 5, 7]] as const) : speed.software ? inSoftware : onGpu) {
    const given = perBackend(() => ({
      a: tf.randomNormal<tf.Rank.R2>([m, k], 0, 1, 'float32', 1),
      b: tf.randomNormal<tf.Rank.R2>([k, n], 0, 1, 'float32', 2),
    }));
    const on = (engine: GpuEngineName) => ({
      engine,
      prepare: () => {
        const { a, b } = given.current();
        return { reads: [a, b], run: () => tf.dispose(tf.matMul(a, b)) };
      },
    });
    const { neusim, stock } = await measureGpu(
      engines,
      { neusim: on('neusim'), stock: on('stock') },
      speed.quick ? 2 : 9,
    );
    given.each(tf.dispose);
    const rowOf = (sample: typeof stock) =>
      computeRow(facts, `${m}×${n}×${k}`, sample, (2 * m * n * k) / 1e12);
    found.push({ rows: [rowOf(stock), rowOf(neusim)], ratios: { gemmVsStock: ratio(neusim, stock) } });
  }
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.map(({ ratios }) => ratios)),
  };
}
