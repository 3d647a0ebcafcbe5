// The page's side of a run: a worker from its start to its end.
import { spawn } from '@neusim/platform';
import { failureOf } from '../parts/failure';
import type { FromWorker, RunRequest, ToWorker } from './protocol';
import workerUrl from './worker?worker&url';

export interface Run {
  /** Asks the worker to stop after the step it is at. */
  stop(): void;
  /** Ends the worker, whatever it is at. */
  kill(): void;
}

/** Starts a run. After the last message (`end`, `aborted` or `failed`) its worker is gone. */
export function startRun(request: RunRequest, listen: (message: FromWorker) => void): Run {
  const worker = spawn(new URL(workerUrl, document.baseURI), request);
  let isOver = false;
  const kill = () => {
    isOver = true;
    void worker.terminate();
  };
  const hear = (message: FromWorker) => {
    if (isOver) return;
    if (isLast(message)) kill();
    listen(message);
  };
  worker.onMessage((message) => hear(message as FromWorker));
  worker.onError((error) => hear({ type: 'failed', failure: failureOf(error) }));
  return {
    stop: () => worker.post({ type: 'stop' } satisfies ToWorker),
    kill,
  };
}

const isLast = (message: FromWorker) =>
  message.type === 'failed' ||
  (message.type === 'train' && (message.event.type === 'end' || message.event.type === 'aborted'));
