// Puts definitions together under a name and a version.

import type { AnyDefinition, Plugin } from './types';

/** A plug-in: the default export of a package that defines something. Frozen; checked by the registry. */
/* @__NO_SIDE_EFFECTS__ */
export function plugin<const N extends string, const D extends readonly AnyDefinition[]>(
  name: N,
  version: string,
  definitions: D,
): Plugin<N, D> {
  return Object.freeze({ name, version, definitions: Object.freeze([...definitions]) as unknown as D });
}
