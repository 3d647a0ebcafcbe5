// What a terminal is told as a warning: kept for a report, and told once where several learners have the same to say.

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

/** What is to be said of the data or of a backbone that several share, as a warning or a note, is said at the first of them. */
export function tellingOnce(terminal: Terminal): Terminal {
  const said = new Set<string>();
  return Object.assign(Object.create(terminal) as Terminal, {
    err(text: string) {
      if (!said.has(text)) terminal.err(text);
      if (text.startsWith(BEGINS) || text.startsWith('Note: ')) said.add(text);
    },
  });
}
