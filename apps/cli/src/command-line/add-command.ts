// What each command's words are written with: its name, arguments and options in one file of this folder each, what it
// does in `../commands`.

import type { Command } from 'commander';
import type { Outcome, Terminal } from '../terminal/terminal';

export interface CommandLine {
  readonly terminal: Terminal;
  /** Adds a command. @param examples without `npx neusim`. */
  command(
    name: string,
    description: string,
    examples: readonly string[],
    options?: { readonly hidden?: boolean },
  ): Command;
  /** Takes what a command found; the program prints it. */
  done(outcome: Outcome): void;
}

export type AddCommand = (line: CommandLine) => void;

/** Help with examples below it. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ npx neusim ${example}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
