// @neusim/registry: kinds, definitions, plug-ins, the registry as a value, and coded errors. No tensor library.

export { createRegistry } from './create-registry';
export { define, type NoOptions, noOptions } from './define';
export { NeusimError, type NeusimErrorDetails } from './error';
export { formatError } from './format-error';
export { isKind, type Kind, kinds } from './kinds';
export { type Origin, originOf } from './origin';
export { parseSchema } from './parse-schema';
export { plugin } from './plugin';
export type {
  DefinitionsOf,
  KindOf,
  NameOf,
  OptionsOf,
  ParsedOf,
  ProductOf,
  Registry,
} from './registry-type';
export type {
  StandardSchemaIssue,
  StandardSchemaProps,
  StandardSchemaResult,
  StandardSchemaV1,
} from './standard-schema';
export { suggest } from './suggest';
export type {
  AnyDefinition,
  AnyPlugin,
  AnyRegistry,
  Definition,
  Factory,
  Listing,
  Plugin,
  Ref,
} from './types';
