/**
 * The batches of a run, in the order of its steps: the next one can be prepared while a step is computed, and the time
 * that steps wait for their images is told.
 */
import { type Batch, type Dataset, isInMemory, trainingBatch } from '@neusim/datasets';
import type { TrainConfig } from './config';

export interface Loader {
  /** The batch of step `step` (0, 1, …). */
  batch(step: number): Promise<Batch>;
  /** Begins on a batch, if that is not done yet. What goes wrong is told by the `batch` that wants it. */
  prepare(step: number): void;
  /** Milliseconds that `batch` took since the last call. */
  lap(): number;
}

export function createLoader(config: TrainConfig, { train }: Dataset): Loader {
  let next: { readonly step: number; readonly batch: Promise<Batch> } | undefined;
  let waited = 0;
  const isRead = !isInMemory(train);
  const begin = (step: number) => ({ step, batch: trainingBatch(train, step, config) });
  const prepare = (step: number) => {
    if (next?.step === step) return;
    next = begin(step);
    next.batch.catch(() => {});
  };
  return {
    prepare,
    async batch(step) {
      const started = performance.now();
      const { batch } = next?.step === step ? next : begin(step);
      next = undefined;
      const found = await batch;
      waited += performance.now() - started;
      // Files are read while the step is computed; what lies in memory would only keep this thread from it.
      if (isRead && step + 1 < config.steps) prepare(step + 1);
      return found;
    },
    lap() {
      const found = waited;
      waited = 0;
      return found;
    },
  };
}
