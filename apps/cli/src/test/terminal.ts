// A terminal that remembers, for tests of whole command lines.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from '../program';
import type { Terminal } from '../terminal/terminal';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a command line in this process.
 * @param onLine sees each line of standard error as it comes, with a function that does what Ctrl-C does.
 */
export async function neusim(
  argv: readonly string[],
  onLine: (line: string, interrupt: () => void) => void = () => {},
): Promise<Ran> {
  const controller = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => void out.push(text),
    err(text) {
      err.push(text);
      onLine(text, () => controller.abort('SIGINT'));
    },
    interactive: false,
    secondsBetweenLines: 0,
    env: {},
    interrupted: controller.signal,
  };
  const code = await run(argv, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** A folder of its own, removed at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'neusim-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
