// Options that every data set shares.

import * as v from 'valibot';

/** A schema with the line that `neusim list config` shows of it. */
export const about = <const S extends v.GenericSchema>(text: string, schema: S) =>
  v.pipe(schema, v.description(text));

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

/** A path below the data set's folder. */
export const inFolderSchema = v.pipe(
  v.string(),
  v.regex(/^(?!.*(^|[\\/])\.\.([\\/]|$))[^\\/\0][^\\\0]*$/, 'allowed: a name below the folder'),
);
