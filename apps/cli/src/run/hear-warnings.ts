// What a terminal is told as a warning, kept for a report.

import type { Terminal } from '../terminal/terminal';

const BEGINS = 'Warning: ';

/** `terminal` tells as before; `warnings` has what it was told since, without the word. */
export function hearWarnings(terminal: Terminal): {
  readonly terminal: Terminal;
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const hearing: Terminal = Object.assign(Object.create(terminal) as Terminal, {
    err(text: string) {
      if (text.startsWith(BEGINS)) warnings.push(text.slice(BEGINS.length));
      terminal.err(text);
    },
  });
  return { terminal: hearing, warnings };
}
