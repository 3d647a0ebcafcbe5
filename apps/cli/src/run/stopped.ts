// What a command that Ctrl-C stopped comes out as.

import { exitCodes } from '../terminal/exit-codes';
import type { Outcome } from '../terminal/terminal';

/** @param resume the command that goes on, where something is kept. */
export function stoppedOutcome(
  signal: AbortSignal,
  text: string,
  { resume = null, ...json }: { readonly resume?: string | null; readonly [key: string]: unknown } = {},
): Outcome {
  return {
    json: { stopped: true, ...json, resume },
    text: resume ? `${text}\nGo on with: ${resume}` : text,
    exitCode: exitCodes[signal.reason] ?? 130,
  };
}
