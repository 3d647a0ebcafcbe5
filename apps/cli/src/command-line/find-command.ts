// Which command some words name: `data pull` is two, one within the other.

import type { Command } from 'commander';

/** From the program's own command inwards; empty where the first word that is no option is none. */
export function findCommands(program: Command, words: readonly string[]): Command[] {
  const found: Command[] = [];
  for (const word of words) {
    if (word.startsWith('-')) continue;
    const next = (found.at(-1) ?? program).commands.find((each) => each.name() === word);
    if (!next) break;
    found.push(next);
  }
  return found;
}
