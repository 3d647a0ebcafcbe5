/** Training a classifier: the run of `classification`. */
import { classification } from './classification';
import type { TrainConfigInput } from './config';
import type { TrainContext } from './context';
import { startRun, type TrainingRun } from './run';

/**
 * Trains the config's model on its data set, on the engine that is started.
 *
 * Reading the events throws NeusimError CONFIG_INVALID with `data.path` of the bad key, TRAIN_NO_BACKEND,
 * TRAIN_NON_FINITE with `data` { step, loss, layer, weight, what, checkpoint }, TRAIN_NO_WORKERS, TRAIN_WORKER_FAILED
 * with `data` { step, worker, reason, checkpoint }, GPU_* with `data` { step, checkpoint }, what `createPool` throws, TRAIN_OUT_TAKEN, CHECKPOINT_NONE,
 * CHECKPOINT_MISMATCH, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_BAD_MAGIC, CHECKPOINT_VERSION,
 * DATASET_EMPTY, DATASET_BAD_COUNT, DATASET_BAD_LABEL with `data` { split, index, label, classes }, and what the
 * registry, the data set and the platform's files throw.
 */
export function train(config: TrainConfigInput, context: TrainContext): TrainingRun {
  return startRun(() => classification(config, context), context);
}
