// What definitions, plug-ins and registries are. They are in one file because they name each other: a
// definition's factory receives a registry, which holds plug-ins, which are lists of definitions.

import type { Kind } from './kinds';
import type { StandardSchemaV1 } from './standard-schema';

/** Makes the product from validated options; it may make its parts with the registry it is given. */
export type Factory<Out, Product> = (options: Out, registry: AnyRegistry) => Product;

/** One thing that can be made by name. Pure data: nothing happens until a registry is asked for it. */
export interface Definition<K extends Kind, N extends string, In, Out, Product> {
  readonly kind: K;
  /** lower-kebab, one of its kind in a registry. */
  readonly name: N;
  /** Semantic version of the definition; what was saved with another major version is refused. */
  readonly version: string;
  /** One line for lists and help. */
  readonly summary: string;
  /** Any Standard Schema whose validation is synchronous. */
  readonly options: StandardSchemaV1<In, Out>;
  /** `'similarity:static-dns'` or a plug-in's name, each optionally with `@version`. */
  readonly requires?: readonly string[];
  /** The factory, or a promise of it: `() => import('./x').then((m) => m.create)`. */
  readonly load: () => Factory<NoInfer<Out>, Product> | Promise<Factory<NoInfer<Out>, Product>>;
}

/** Any definition whatever. */
export type AnyDefinition = Definition<Kind, string, any, any, unknown>;

/** A named list of definitions, and the default export of a package that has some. */
export interface Plugin<
  N extends string = string,
  D extends readonly AnyDefinition[] = readonly AnyDefinition[],
> {
  /** lower-kebab, with an npm scope or without. */
  readonly name: N;
  /** Semantic version of the plug-in, usually its package's. */
  readonly version: string;
  readonly definitions: D;
}

/** Any plug-in whatever. */
export type AnyPlugin = Plugin;

/** `'kind:name'` or `'kind:name@version'`, or the same as an object (whose name may bear the version). */
export type Ref = `${Kind}:${string}` | { readonly kind: Kind; readonly name: string };

/** One row of {@link AnyRegistry.list}. */
export interface Listing {
  readonly kind: Kind;
  readonly name: string;
  readonly version: string;
  /** The name of the plug-in it came with. */
  readonly plugin: string;
  readonly summary: string;
}

/**
 * A registry used by names that only run time knows (from a file, a command line, inside a factory). Every
 * `Registry<P>` is assignable to it. A name may bear the version it was saved with, `'static-uns@1.2.0'`.
 */
export interface AnyRegistry {
  /** Validates the options (`{}` if omitted) and makes the product. */
  make(kind: Kind, name: string, options?: unknown): unknown;
  /** Validates options alone; what it returns is frozen through and through. */
  parse(kind: Kind, name: string, options?: unknown): unknown;
  /** The version of a definition. */
  version(kind: Kind, name: string): string;
  /** The schema of a definition's options: for help, and for what completes them. */
  schema(kind: Kind, name: string): StandardSchemaV1<unknown, unknown>;
  /** Loads these definitions and all they require; without arguments, everything. */
  ready(...refs: Ref[]): Promise<void>;
  /** Whether `make` would find it (in this major version, if the name bears one). */
  has(kind: Kind, name: string): boolean;
  /** All definitions, or those of a kind, in the order in which the plug-ins gave them. */
  list(kind?: Kind): readonly Listing[];
  /** A new registry with more plug-ins; this one stays as it is. */
  fork(...more: readonly AnyPlugin[]): AnyRegistry;
}
