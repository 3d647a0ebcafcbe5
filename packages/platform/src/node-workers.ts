// Workers in Node: worker_threads.

import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { WorkerHandle, WorkerPort } from './types';
import { notAWorker, workerFailed } from './workers';

export function cores(): number {
  return availableParallelism();
}

export function spawn(url: URL, data?: unknown): WorkerHandle {
  const worker = new Worker(url, { workerData: data });
  let ended = false;
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (callback) => void worker.on('message', callback),
    onError(callback) {
      const fail = (reason: string, cause?: unknown) => {
        if (ended) return;
        ended = true;
        callback(workerFailed(url, reason, cause));
      };
      worker.on('error', (cause) => fail(cause instanceof Error ? cause.message : String(cause), cause));
      worker.on('messageerror', (cause) => fail('a message could not be read', cause));
      worker.on('exit', (code) => code !== 0 && fail(`it ended with exit code ${code}`));
    },
    onExit(callback) {
      worker.on('exit', (code) => {
        if (ended || code !== 0) return;
        ended = true;
        callback();
      });
    },
    async terminate() {
      ended = true;
      await worker.terminate();
    },
  };
}

export async function port(): Promise<WorkerPort> {
  const own = parentPort;
  if (!own) throw notAWorker();
  return {
    data: workerData,
    post: (message, transfer = []) => own.postMessage(message, transfer),
    onMessage: (callback) => void own.on('message', callback),
    close: () => own.close(),
  };
}
