// The Standard Schema interface, version 1 (https://standardschema.dev): what valibot, zod, arktype and
// others implement. A copy of the types, as its authors recommend, so that this package depends on nothing.

/** A schema whose input is `Input` and whose validated output is `Output`. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaProps<Input, Output>;
}

/** The properties under a schema's `~standard` key. */
export interface StandardSchemaProps<Input = unknown, Output = Input> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (value: unknown) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>;
  /** Never there at run time: it carries the two types. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** A value, or the issues that were found. */
export type StandardSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/** One fault, and where in the value it lies. */
export interface StandardSchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
