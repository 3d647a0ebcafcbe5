/** Objects whose unknown keys are refused with those that are allowed. */
import * as v from 'valibot';

/** Schema of an object with these entries and no others. */
/* @__NO_SIDE_EFFECTS__ */
export function strict<const E extends v.ObjectEntries>(entries: E) {
  const allowed = Object.keys(entries).join(', ');
  return v.strictObject(entries, (issue) =>
    issue.expected === 'never' ? `no such key; allowed: ${allowed}` : issue.message,
  );
}
