/** The images that a learner's `prepare` wants. */
import { type ClassPool, readPool } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { FewShotConfig } from './config';

/**
 * All images of the base classes, in batches: what `prepare` of a learner takes. They are disposed of.
 * @param onProgress told how many the learner has done with, of `pool.count`.
 */
export async function* baseImages(
  pool: ClassPool,
  { transform, normalize, evaluation }: Pick<FewShotConfig, 'transform' | 'normalize' | 'evaluation'>,
  signal: AbortSignal | undefined,
  onProgress?: (done: number) => void,
): AsyncGenerator<tf.Tensor4D> {
  const { batchSize } = evaluation;
  for (let first = 0; first < pool.count; first += batchSize) {
    signal?.throwIfAborted();
    const length = Math.min(batchSize, pool.count - first);
    const indices = Uint32Array.from({ length }, (_, i) => first + i);
    const { values, shape } = await readPool(pool, indices, { transform, normalize });
    const images = tf.tensor<tf.Rank>(values, shape) as tf.Tensor4D;
    try {
      yield images;
    } finally {
      images.dispose();
    }
    onProgress?.(first + length);
  }
}
