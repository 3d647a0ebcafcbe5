// The terminal of this process, and what Ctrl-C does to it.

import { exitCodes } from './exit-codes';
import { printableLines } from './printable';
import type { Terminal } from './terminal';

/**
 * Standard output and error. Once a command has asked for `interrupted`, the first Ctrl-C (or SIGTERM) aborts it, so
 * that a run can write its checkpoint, and the second ends the process; before, the first ends it. Control characters are
 * written as escapes.
 */
export function nodeTerminal(): Terminal {
  const controller = new AbortController();
  let listening = false;
  const listen = () => {
    for (const signal of listening ? [] : (['SIGINT', 'SIGTERM'] as const)) {
      process.on(signal, () => {
        if (controller.signal.aborted) process.exit(exitCodes[signal]);
        process.stderr.write('\nStopping; once more ends at once.\n');
        controller.abort(signal);
      });
    }
    listening = true;
    return controller.signal;
  };
  // `neusim … | head` closes the pipe early: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    out: (text) => void process.stdout.write(`${printableLines(text)}\n`),
    err: (text) => void process.stderr.write(`${printableLines(text)}\n`),
    interactive: Boolean(process.stderr.isTTY) && process.env.CI === undefined,
    secondsBetweenLines: 4,
    env: process.env,
    get interrupted() {
      return listen();
    },
  };
}
