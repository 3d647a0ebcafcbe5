// Where a product came from: what a saved model keeps of its parts, so that whoever loads it can be told which
// plug-in is missing. Products need not know the registry that made them.

import type { Kind } from './kinds';

/** The definition, and the plug-in, that a product was made from. */
export interface Origin {
  readonly kind: Kind;
  readonly name: string;
  /** Of the definition. */
  readonly version: string;
  readonly plugin: { readonly name: string; readonly version: string };
}

const origins = /* @__PURE__ */ new WeakMap<object, Origin>();

/** What a registry made `product` from; `undefined` for what no registry of this copy of the package has made. */
export function originOf(product: object): Origin | undefined {
  return origins.get(product);
}

/** The first registry to give a product away is its origin: a factory may return what another has made. */
export function remember<T>(product: T, origin: Origin): T {
  const isObject = (typeof product === 'object' || typeof product === 'function') && product !== null;
  if (isObject && !origins.has(product as object)) origins.set(product as object, origin);
  return product;
}
