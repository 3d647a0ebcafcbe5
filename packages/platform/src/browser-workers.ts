// Workers in a browser: module workers. The first message carries the data and one end of a channel; all else
// goes through the channel, which keeps what arrives before anyone listens.

import type { WorkerHandle, WorkerPort } from './types';
import { notAWorker, workerFailed } from './workers';

interface Greeting {
  readonly data: unknown;
  readonly port: MessagePort;
}

function overPort(own: MessagePort): Omit<WorkerPort, 'data' | 'close'> {
  return {
    post: (message, transfer = []) => own.postMessage(message, [...transfer]),
    onMessage(callback) {
      own.addEventListener('message', (event) => callback(event.data));
      own.start();
    },
  };
}

export function cores(): number {
  return navigator.hardwareConcurrency || 1;
}

export function spawn(url: URL, data?: unknown): WorkerHandle {
  const worker = new Worker(url, { type: 'module' });
  const channel = new MessageChannel();
  const greeting: Greeting = { data, port: channel.port2 };
  worker.postMessage(greeting, [channel.port2]);
  let ended = false;
  return {
    ...overPort(channel.port1),
    onError(callback) {
      const fail = (reason: string, cause?: unknown) => {
        if (ended) return;
        ended = true;
        callback(workerFailed(url, reason, cause));
      };
      worker.addEventListener('error', (event) => fail(event.message || 'it did not load', event.error));
      channel.port1.addEventListener('messageerror', () => fail('a message could not be read'));
    },
    onExit(callback) {
      channel.port1.addEventListener('close', () => {
        if (ended) return;
        ended = true;
        callback();
      });
    },
    async terminate() {
      ended = true;
      worker.terminate();
      channel.port1.close();
    },
  };
}

export function port(): Promise<WorkerPort> {
  return new Promise((resolve, reject) => {
    if (!('WorkerGlobalScope' in globalThis)) return reject(notAWorker());
    addEventListener(
      'message',
      (event) => {
        const { data, port: own } = event.data as Greeting;
        resolve({ data, ...overPort(own), close: () => own.close() });
      },
      { once: true },
    );
  });
}
