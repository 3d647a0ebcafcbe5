// Versions of packages, as their package.json says.

import { createRequire } from 'node:module';

/** @param name a package that exports its package.json; left out, the command line itself. */
export function packageVersion(name?: string): string {
  // One folder up, from the source as from the built file.
  const path = name === undefined ? '../package.json' : `${name}/package.json`;
  return (createRequire(import.meta.url)(path) as { version: string }).version;
}
