/** How many workers a run gets. */
import type { Platform } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { TrainConfig } from '../config';

/** Where a run's workers come from. */
export interface TrainWorkers {
  /** The module that each worker runs: it gives `trainTasks` to `serveTasks`. */
  readonly url: URL;
  /** What each worker is told, as `poolData` there: which plug-ins to load, say. */
  readonly data?: unknown;
  /** Default: `@neusim/platform`. */
  readonly platform?: Pick<Platform, 'spawn' | 'cores'> | undefined;
  /** As in `createPool`. */
  readonly shareMemory?: boolean | undefined;
}

/**
 * Multiply-adds of the forward pass over its part of a batch from which on a worker pays: about 0.1 s of a step. What
 * every worker pays whatever its part (some 5 µs an op, messages) is 10 to 40 ms a step for small networks.
 */
const WORTH_A_WORKER = 1.5e8;
/** And for each value of the weights, which go out to it and come back as gradients with every step. */
const WORTH_A_WEIGHT = 150;

/**
 * Engines of which each takes one core, and whose data can be read at once; others run on a GPU, or on all cores by
 * themselves.
 */
export const ONE_CORE_EACH: readonly string[] = ['wasm', 'cpu'];

/**
 * @param given of the config: a number, or `auto`: as many as there are cores, as long as each has enough to do.
 * @param cores null where there is no module for workers to run. @param backend tfjs's name of the engine.
 * @throws NeusimError TRAIN_NO_WORKERS where there is no module for them, CONFIG_INVALID where there are more than
 *   images in a batch.
 */
export function chooseWorkers(
  { workers: given, batchSize }: Pick<TrainConfig, 'workers' | 'batchSize'>,
  cores: number | null,
  backend: string,
  { multiplyAdds, parameters }: { readonly multiplyAdds: number; readonly parameters: number },
): number {
  if (given === 'auto') {
    if (cores === null || !ONE_CORE_EACH.includes(backend)) return 1;
    const work = multiplyAdds * batchSize;
    const enough = Math.floor(work / Math.max(WORTH_A_WORKER, WORTH_A_WEIGHT * parameters));
    return Math.max(1, Math.min(cores, batchSize, enough));
  }
  if (given > batchSize)
    throw new NeusimError('CONFIG_INVALID', `workers is ${given}; allowed: 1 to ${batchSize}, the batch`, {
      data: { path: 'workers', met: given, batchSize },
      hint: 'Every worker takes a part of each batch, of one image at least.',
    });
  if (given > 1 && cores === null)
    throw new NeusimError('TRAIN_NO_WORKERS', `workers is ${given}, and there is no module for them to run`, {
      data: { workers: given },
      hint: 'Give train its third part, workers: { url }, or set workers to 1.',
    });
  return given;
}
