/** The images that a learner's `prepare` and `fitBase` want. */
import { type ClassPool, readPool } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { PoolReading } from '../evaluation/episode-inputs';
import type { ClassBatch } from '../types';
import type { FewShotConfig } from './config';

/**
 * All images of the base classes with their labels, in batches: what `fitBase` of a learner takes. They are disposed of.
 * @param onProgress told how many the learner has done with, of `pool.count`.
 */
export async function* baseBatches(
  pool: ClassPool,
  { transform, normalize, evaluation }: PoolReading & Pick<FewShotConfig, 'evaluation'>,
  signal: AbortSignal | undefined,
  onProgress?: (done: number) => void,
): AsyncGenerator<ClassBatch> {
  const { batchSize } = evaluation;
  for (let first = 0; first < pool.count; first += batchSize) {
    signal?.throwIfAborted();
    const length = Math.min(batchSize, pool.count - first);
    const indices = Uint32Array.from({ length }, (_, i) => first + i);
    const { values, shape } = await readPool(pool, indices, { transform, normalize });
    const labels = Int32Array.from(indices, (index) => pool.labels[index]!);
    const batch = {
      x: tf.tensor<tf.Rank>(values, shape) as tf.Tensor4D,
      labels: tf.tensor1d(labels, 'int32'),
    };
    try {
      yield batch;
    } finally {
      tf.dispose([batch.x, batch.labels]);
    }
    onProgress?.(first + length);
  }
}

/** The images alone: what `prepare` of a learner takes. */
export async function* baseImages(...given: Parameters<typeof baseBatches>): AsyncGenerator<tf.Tensor4D> {
  for await (const { x } of baseBatches(...given)) yield x;
}
