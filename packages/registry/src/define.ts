// Writes down a definition and lets TypeScript read its kind, name, options and product off it.

import type { Kind } from './kinds';
import type { StandardSchemaV1 } from './standard-schema';
import type { Definition } from './types';

/** The same definition, frozen, with its literal types. It is checked when a registry is created. */
/* @__NO_SIDE_EFFECTS__ */
export function define<const K extends Kind, const N extends string, In, Out, Product>(
  definition: Definition<K, N, In, Out, Product>,
): Definition<K, N, In, Out, Product> {
  return Object.freeze({ ...definition });
}

/** The type of no options at all. */
export type NoOptions = { readonly [key: string]: never };

/** The schema of a definition without options: an empty object, nothing else. */
export const noOptions: StandardSchemaV1<NoOptions, NoOptions> = {
  '~standard': {
    version: 1,
    vendor: 'neusim',
    validate(value) {
      const keys = typeof value === 'object' ? Object.keys(value ?? {}) : [''];
      return keys.length
        ? { issues: keys.map((key) => ({ message: 'not an option', path: [key] })) }
        : { value: {} };
    },
  },
};
