// The error for a word that is not known here, with those that are and the nearest of them.

import { NeusimError } from './error';
import { show } from './show';
import { suggest } from './suggest';

/** `what` is `'kind'` or the kind whose names are `known`. */
export function unknown(code: string, what: string, met: string, known: readonly string[]): NeusimError {
  const nearest = suggest(met, known);
  return new NeusimError(code, `${show(met)} is no ${what}; known: ${known.join(', ') || 'none'}`, {
    data: { what, met, known, nearest },
    hint: nearest
      ? `did you mean "${nearest}"?`
      : 'use one of those known, or add the plug-in that defines it',
  });
}
