/** Options of definitions and configs, in which a key that is missing or misspelt is told with those there are. */
import { suggest } from '@neusim/registry';
import * as v from 'valibot';

/** Schema of an object with these entries and no others. */
/* @__NO_SIDE_EFFECTS__ */
export function strictOptions<const E extends v.ObjectEntries>(entries: E) {
  const allowed = Object.keys(entries);
  return v.strictObject(entries, ({ expected, input, message }) => {
    if (expected === 'never') {
      const nearest = suggest(String(input), allowed);
      return `no such key${nearest ? `, did you mean "${nearest}"?` : ';'} allowed: ${allowed.join(', ')}`;
    }
    return expected?.startsWith('"') ? 'missing' : message;
  });
}
