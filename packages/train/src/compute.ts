/** Who does a run's steps and evaluations: this thread, or the workers of a pool. */

import { type WeightInfo, withBatchNormAcross } from '@neusim/core';
import type { Dataset } from '@neusim/datasets';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';
import { evaluation } from './evaluate';
import type { Loader } from './loader';
import { ONE_CORE_EACH, type TrainWorkers } from './parallel/choose-workers';
import { openReplicas } from './parallel/replicas';
import { createPool } from './pool/pool';
import type { Evaluation } from './score';
import { type StepResult, trainingStep } from './training-step';

export interface Compute {
  /** Whether it is this thread that computes. */
  readonly isHere: boolean;
  /** Loss and gradients of step `step` (0, 1, …), at the model's weights. The caller disposes of what it gets. */
  step(step: number): Promise<StepResult>;
  /** Yields the number of test images done. */
  test(signal: AbortSignal | undefined): AsyncGenerator<number, Evaluation>;
  close(): Promise<void>;
}

interface Work {
  readonly config: TrainConfig;
  readonly model: LayersModel;
  readonly dataset: Dataset;
  readonly loader: Loader;
}

/** @param backend tfjs's name of the engine. @param trainable the model's trainable weights. */
export function computeHere(
  { config, model, dataset, loader }: Work,
  backend: string,
  trainable: readonly WeightInfo[],
): Compute {
  const { batchSize } = config.evaluation;
  const { transform, normalize, loss } = config;
  // The same sums as several workers have, so that their number changes next to nothing.
  const across = config.syncBatchNorm && ONE_CORE_EACH.includes(backend);
  return {
    isHere: true,
    async step(step) {
      const batch = await loader.batch(step);
      const run = () => trainingStep(model, trainable, batch, loss);
      return across ? withBatchNormAcross((own) => [own], run) : run();
    },
    test: (signal) => evaluation(model, dataset.test, { batchSize, transform, normalize, signal }),
    close: async () => {},
  };
}

/** Starts the workers. */
export async function computeInWorkers(
  { config, model, dataset, loader }: Work,
  backend: string,
  { url, data, platform, shareMemory }: TrainWorkers,
): Promise<Compute> {
  const { transform, normalize, steps } = config;
  const { batchSize } = config.evaluation;
  const pool = await createPool({
    url,
    data,
    size: config.workers as number,
    spawn: platform?.spawn,
    shareMemory,
  });
  try {
    const replicas = await openReplicas(pool, model, backend);
    let closed = false;
    return {
      isHere: false,
      async step(step) {
        const running = replicas.step(await loader.batch(step), config);
        // While the workers work.
        setTimeout(() => {
          if (!closed && step + 1 < steps) loader.prepare(step + 1);
        });
        return running;
      },
      async *test(signal) {
        await replicas.load();
        return yield* evaluation(model, dataset.test, { batchSize, transform, normalize, signal }, replicas);
      },
      close() {
        closed = true;
        return pool.close();
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
