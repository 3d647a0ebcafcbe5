// The terminal of this process, and what Ctrl-C does to it.

import { exitCodes } from './exit-codes';
import type { Terminal } from './terminal';

/**
 * Standard output and error. The first Ctrl-C (or SIGTERM) aborts `interrupted`, so that a run can write its
 * checkpoint; the second ends the process at once.
 */
export function nodeTerminal(): Terminal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes[signal]);
      controller.abort(signal);
    });
  }
  // `neusim … | head` closes the pipe early: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    interactive: Boolean(process.stderr.isTTY) && process.env.CI === undefined,
    secondsBetweenLines: 4,
    env: process.env,
    interrupted: controller.signal,
  };
}
