// The registry's type, inferred from the plug-ins that were passed to it: the names, options and products are
// those of their definitions and nothing else's. Nothing global is declared, so two plug-ins that share a name
// do not disturb anyone who does not use both.

import type { Kind } from './kinds';
import type { StandardSchemaV1 } from './standard-schema';
import type { AnyDefinition, AnyPlugin, Definition, Listing, Ref } from './types';

/** The union of the definitions in a list of plug-ins. */
export type DefinitionsOf<P extends readonly AnyPlugin[]> = P[number]['definitions'][number];

/** The kinds for which the plug-ins define something. */
export type KindOf<P extends readonly AnyPlugin[]> = DefinitionsOf<P>['kind'];

/** The names of one kind. */
export type NameOf<P extends readonly AnyPlugin[], K extends Kind> = Named<DefinitionsOf<P>, K>;

/** The options that `make` accepts: the schema's input. */
export type OptionsOf<P extends readonly AnyPlugin[], K extends Kind, N extends string> =
  Find<DefinitionsOf<P>, K, N> extends Definition<Kind, string, infer In, infer _Out, unknown> ? In : never;

/** The options that a factory receives: the schema's output. */
export type ParsedOf<P extends readonly AnyPlugin[], K extends Kind, N extends string> =
  Find<DefinitionsOf<P>, K, N> extends Definition<Kind, string, infer _In, infer Out, unknown> ? Out : never;

/** What `make` returns. */
export type ProductOf<P extends readonly AnyPlugin[], K extends Kind, N extends string> =
  Find<DefinitionsOf<P>, K, N> extends Definition<Kind, string, infer _In, infer _Out, infer Product>
    ? Product
    : never;

type Named<D extends AnyDefinition, K extends Kind> = D extends unknown
  ? K extends D['kind']
    ? D['name']
    : never
  : never;

type Find<D extends AnyDefinition, K extends Kind, N extends string> = D extends unknown
  ? K extends D['kind']
    ? N extends D['name']
      ? D
      : never
    : never
  : never;

// biome-ignore lint/complexity/noBannedTypes: {} is the value that stands for options left out
type OptionArguments<In> = {} extends In ? [options?: In] : [options: In];

/**
 * A registry of the plug-ins `P`. For names that only run time knows, assign it to an `AnyRegistry`.
 *
 * Every method that takes a name throws a `NeusimError`: `REGISTRY_UNKNOWN_KIND`, `REGISTRY_UNKNOWN_NAME` (with
 * those known and the nearest), `REGISTRY_VERSION` where the name bears another major version.
 */
export interface Registry<P extends readonly AnyPlugin[]> {
  /**
   * Validates the options and makes the product, synchronously.
   * @throws NeusimError `CONFIG_INVALID` with `data.path`; `REGISTRY_NOT_READY` where `load` gave a promise that
   *   `ready` has not awaited; `REGISTRY_LOAD_FAILED`; what the factory throws.
   */
  make<K extends KindOf<P>, N extends NameOf<P, K>>(
    kind: K,
    name: N,
    ...options: OptionArguments<OptionsOf<P, K, N>>
  ): ProductOf<P, K, N>;
  /**
   * The validated options, a frozen copy.
   * @throws NeusimError `CONFIG_INVALID` with `data.path`, the path of the bad key.
   */
  parse<K extends KindOf<P>, N extends NameOf<P, K>>(
    kind: K,
    name: N,
    ...options: OptionArguments<OptionsOf<P, K, N>>
  ): ParsedOf<P, K, N>;
  /** The version of a definition. */
  version<K extends KindOf<P>>(kind: K, name: NameOf<P, K>): string;
  /** The schema of a definition's options: for help, and for what completes them. */
  schema<K extends KindOf<P>>(kind: K, name: NameOf<P, K>): StandardSchemaV1<unknown, unknown>;
  /**
   * Loads these definitions and, transitively, the definitions they require; without arguments, everything.
   * @throws NeusimError `REGISTRY_LOAD_FAILED` (asking again tries again); `REGISTRY_BAD_REF`.
   */
  ready(...refs: Ref[]): Promise<void>;
  /** Whether `make` would find it (in this major version, if the name bears one). */
  has(kind: Kind, name: string): boolean;
  /** All definitions, or those of a kind, in the order in which the plug-ins gave them. */
  list(kind?: Kind): readonly Listing[];
  /**
   * A new registry with more plug-ins; this one stays as it is. What is loaded here is loaded there.
   * @throws NeusimError as `createRegistry` does.
   */
  fork<const Q extends readonly AnyPlugin[]>(...more: Q): Registry<readonly [...P, ...Q]>;
}
