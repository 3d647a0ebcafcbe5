// --plugin, of every command that makes something by its name.

import type { Command } from 'commander';
import { collect } from './values';

/** Adds `--plugin` to a command, whose options then have `plugin`. */
export const withPlugins = (command: Command): Command =>
  command.option(
    '--plugin <name>',
    "a plug-in's package, or ./FILE: runs its code; may be repeated",
    collect,
  );
