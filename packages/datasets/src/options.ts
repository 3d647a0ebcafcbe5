// Options that every data set shares.

import * as v from 'valibot';

const atLeastOne = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Use only the first n images of a split: for smoke runs. */
export const limitSchema = v.optional(
  v.strictObject({ train: v.optional(atLeastOne), test: v.optional(atLeastOne) }),
  {},
);

/** How many images of a split to keep. */
export interface Limit {
  readonly train?: number | undefined;
  readonly test?: number | undefined;
}
