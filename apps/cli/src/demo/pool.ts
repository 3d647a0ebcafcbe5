// Training jobs side by side: each in a worker thread with an engine of its own, so many at a time. One at a time
// needs no worker: it is trained here.

import { spawn } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { AbortedEvent, TrainEvent, TrainResult } from '@neusim/train';
import type { FromWorker } from '../job-worker';
import { type Job, type JobContext, trainJob } from '../run/train-job';

/** How a job came out; `aborted` is null where it was not begun. */
export type Settled =
  | { readonly job: Job; readonly result: TrainResult }
  | { readonly job: Job; readonly aborted: AbortedEvent | null }
  | { readonly job: Job; readonly error: unknown };

export interface PoolOptions {
  /** Jobs at a time. */
  readonly workers: number;
  readonly signal: AbortSignal;
  onEvent(job: Job, event: TrainEvent): void;
  /** For jobs that are trained here. */
  readonly here?: Pick<JobContext, 'dataset' | 'workers'>;
}

/** Runs all jobs, in their order; one that fails stops no other, and none is begun after the signal. */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<Settled[]> {
  const waiting = [...jobs];
  const settled: Settled[] = [];
  const runOne = options.workers === 1 ? runHere : runInWorker;
  const lane = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      if (options.signal.aborted) settled.push({ job, aborted: null });
      else settled.push(await settle(job, runOne(job, options)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, jobs.length) }, lane));
  return settled;
}

async function settle(job: Job, running: Promise<TrainResult | AbortedEvent>): Promise<Settled> {
  try {
    const end = await running;
    return 'type' in end ? { job, aborted: end } : { job, result: end };
  } catch (error) {
    return { job, error };
  }
}

function runHere(job: Job, { signal, onEvent, here }: PoolOptions): Promise<TrainResult | AbortedEvent> {
  return trainJob(job, { ...here, signal, onEvent: (event) => onEvent(job, event) });
}

/** The built entry beside this file's chunk in dist. */
const workerUrl = new URL('./job-worker.js', import.meta.url);

function runInWorker(job: Job, { signal, onEvent }: PoolOptions): Promise<TrainResult | AbortedEvent> {
  return new Promise<TrainResult | AbortedEvent>((resolve, reject) => {
    const worker = spawn(workerUrl, job);
    const stop = () => worker.post('stop');
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', stop);
      void worker.terminate().then(settle, settle);
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.onError((error) => end(() => reject(error)));
    worker.onMessage((message) => {
      const { event, failure } = message as FromWorker;
      if (failure) return end(() => reject(asError(failure)));
      if (!event) return;
      onEvent(job, event);
      if (event.type === 'end') end(() => resolve(event.result));
      if (event.type === 'aborted') end(() => resolve(event));
    });
  });
}

/** Of a message, which has lost its class on the way. */
function asError(failure: NonNullable<FromWorker['failure']>): Error {
  const { code, message, data, hint, stack } = failure;
  if (code !== undefined) return new NeusimError(code, message, { data: data ?? {}, hint: hint ?? '' });
  return Object.assign(new Error(message), { stack });
}
