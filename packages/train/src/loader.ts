/**
 * The batches of a run, in the order of its steps: the next one can be prepared while a step is computed, and the time
 * that steps wait for their images is told.
 */
import { type Batch, type Dataset, isInMemory, trainingBatch } from '@neusim/datasets';
import type { TrainConfig } from './config';

/** @template B what a step trains on. */
export interface Loader<B = Batch> {
  /** The batch of step `step` (0, 1, …). */
  batch(step: number): Promise<B>;
  /** Begins on a batch, if that is not done yet. What goes wrong is told by the `batch` that wants it. */
  prepare(step: number): void;
  /** Milliseconds that `batch` took since the last call. */
  lap(): number;
}

/** The batches of a classifier's run. */
export function createLoader(config: TrainConfig, { train }: Dataset): Loader {
  const read = (step: number) => trainingBatch(train, step, config);
  return loadAhead({ steps: config.steps, isRead: !isInMemory(train), read });
}

/** @param isRead whether `read` waits for files. */
export function loadAhead<B>({
  steps,
  isRead,
  read,
}: {
  readonly steps: number;
  readonly isRead: boolean;
  read(step: number): Promise<B>;
}): Loader<B> {
  let next: { readonly step: number; readonly batch: Promise<B> } | undefined;
  let waited = 0;
  const begin = (step: number) => ({ step, batch: read(step) });
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
      if (isRead && step + 1 < steps) prepare(step + 1);
      return found;
    },
    lap() {
      const found = waited;
      waited = 0;
      return found;
    },
  };
}
