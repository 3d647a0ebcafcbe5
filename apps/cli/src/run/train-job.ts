// One training run as plain data: started here, or in a worker that is sent it.

import { startBackend } from '@neusim/core';
import type { Dataset } from '@neusim/datasets';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import {
  type AbortedEvent,
  type EventSink,
  type TrainConfigInput,
  type TrainEvent,
  type TrainResult,
  type TrainWorkers,
  train,
} from '@neusim/train';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { makeRegistry, openRegistry } from '../registry';

export interface Job {
  /** Of the row; also in the config. */
  readonly name: string;
  readonly config: TrainConfigInput;
  /** URLs of its plug-ins' modules. */
  readonly plugins?: readonly string[];
  /** Folder of the run. */
  readonly out: string;
  /** `auto`, or the name of an engine. */
  readonly backend: string;
  /** Of the engine. */
  readonly backendOptions?: object | undefined;
  /** Folder of the data set's files. */
  readonly folder?: string | undefined;
  /** Go on from the newest checkpoint in `out`. */
  readonly resume?: boolean;
}

export interface JobContext {
  readonly signal: AbortSignal;
  onEvent(event: TrainEvent): void;
  /** The data set, where it is open already. */
  readonly dataset?: Dataset;
  /** What the config's `workers` run; without it, this thread does all. */
  readonly workers?: TrainWorkers;
  readonly sinks?: readonly EventSink[];
}

/**
 * Starts the engine and trains; what is learned is saved in the job's folder.
 * @returns the result, or where the run was stopped.
 * @throws NeusimError what `startBackend` and `train` throw
 */
export async function trainJob(job: Job, context: JobContext): Promise<TrainResult | AbortedEvent> {
  const { config, out, folder, resume = false } = job;
  const { signal, dataset, workers, sinks, onEvent } = context;
  const registry = await openRegistry(job.plugins);
  await startEngine(job.backend, job.backendOptions, registry);
  const trainContext = { registry, folder, out, resume, signal, dataset, workers, sinks };
  for await (const event of train(config, trainContext)) {
    onEvent(event);
    if (event.type === 'end') return event.result;
    if (event.type === 'aborted') return event;
  }
  throw new NeusimError('CLI_RUN_ENDED', `the run ${job.name} ended without a result`, {
    data: { job: job.name },
  });
}

/** Starts an engine, without the notes that tfjs writes to the console. */
export async function startEngine(name: string, options?: object, registry: AnyRegistry = makeRegistry()) {
  enableProdMode();
  return startBackend(registry, name, options);
}
