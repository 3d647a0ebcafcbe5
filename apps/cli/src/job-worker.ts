// The worker's side of the pool: trains the job it was started with and posts its events.

import { port } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import type { TrainEvent } from '@neusim/train';
import { type Job, trainJob } from './run/train-job';

export interface FromWorker {
  readonly event?: TrainEvent;
  readonly failure?: {
    readonly message: string;
    readonly stack?: string | undefined;
    readonly code?: string;
    readonly data?: Readonly<Record<string, unknown>>;
    readonly hint?: string;
  };
}

const { data, post, onMessage, close } = await port();
const controller = new AbortController();
// The only message there is asks it to stop.
onMessage(() => controller.abort());

const tell = (message: FromWorker) => post(message);
try {
  await trainJob(data as Job, { signal: controller.signal, onEvent: (event) => tell({ event }) });
} catch (error) {
  const { message = String(error), stack } = Object(error) as Partial<Error>;
  tell({ failure: error instanceof NeusimError ? error.toJSON() : { message, stack } });
} finally {
  close();
}
