// Errors of workers, the same in Node and in a browser.

import { NeusimError } from '@neusim/registry';

export function workerFailed(url: URL, reason: string, cause?: unknown) {
  return new NeusimError('PLATFORM_WORKER_FAILED', `the worker ${url.pathname} failed: ${reason}`, {
    data: { url: url.href, reason },
    hint: 'the cause, where there is one, is in `error.cause`',
    cause,
  });
}

export function notAWorker() {
  return new NeusimError('PLATFORM_NOT_A_WORKER', 'port() was called outside a worker', {
    hint: 'call port() in the module whose URL is given to spawn()',
  });
}
