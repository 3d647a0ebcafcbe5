// The command line that trains a saved config: what the config does not say, it does.

import { shellCommand } from '../terminal/shell-command';

export interface Given {
  readonly data?: string | undefined;
  readonly backend?: string | undefined;
  readonly precision?: string | undefined;
}

/** `npx neusim train CONFIG --out OUT`, with what was given, and `more` words behind. @param command another one that trains. */
export function trainCommand(
  config: string,
  out: string,
  { data, backend, precision }: Given,
  more: readonly string[] = [],
  command: readonly string[] = ['train'],
): string {
  const given = Object.entries({ data, backend, precision }).flatMap(([name, value]) =>
    value ? [`--${name}`, value] : [],
  );
  return shellCommand(['npx', 'neusim', ...command, config, '--out', out, ...given, ...more]);
}
