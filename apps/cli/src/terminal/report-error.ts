// How a failure is told: message, code and hint; the stack only under --debug.

import { formatError, NeusimError } from '@neusim/registry';
import type { CommanderError } from 'commander';

/** The errors of ours that tell of a run that failed; all others tell of something to correct. */
const RUN_FAILED = /^(?:TRAIN_NON_FINITE|ENGINE_\w+|BACKEND_FAILED|PLATFORM_WORKER_FAILED|CLI_RUN_ENDED)$/;

/** 2 for what a person can correct (a command, an option, a config, a file), 1 for a run that failed and for bugs. */
export function exitCodeOf(error: unknown): number {
  return error instanceof NeusimError && !RUN_FAILED.test(error.code) ? 2 : 1;
}

/** Commander's complaint about a command line, as one of ours. */
export function usageError(error: CommanderError, help: string): NeusimError {
  const noCommand = error.code === 'commander.help';
  const message = noCommand ? 'no command is given' : error.message.replace(/^error: /, '').trim();
  return new NeusimError('CLI_USAGE', message, { data: { reason: error.code }, hint: `see \`${help}\`` });
}

/** The lines for standard error. */
export function errorText(error: unknown, debug: boolean): string {
  if (debug) return `Error: ${formatError(error)}\n${(error as Error | undefined)?.stack ?? ''}`;
  const unexpected =
    error instanceof NeusimError ? '' : '\n  This was not expected; --debug shows where it happened.';
  return `Error: ${formatError(error)}${unexpected}`;
}

/** The object that `--json` prints. */
export function errorJson(error: unknown): { error: Record<string, unknown> } {
  if (error instanceof NeusimError) return { error: { ...error.toJSON() } };
  const { message = String(error), name = 'Error' } = Object(error) as Partial<Error>;
  return { error: { name, message, code: 'UNEXPECTED', data: {}, hint: 'run again with --debug' } };
}
