// The registry as a value: a frozen object that closes over its plug-ins. All it ever changes is which
// factories it has loaded.

import { NeusimError } from './error';
import type { Kind } from './kinds';
import { load, loadNow } from './load';
import { parseSchema } from './parse-schema';
import { checkKind, checkMajor, readRef, sameMajor, splitVersion } from './ref';
import type { Registry } from './registry-type';
import { show } from './show';
import { collect, type Slot, type Slots } from './slots';
import { suggest } from './suggest';
import type { AnyPlugin, AnyRegistry, Listing, Ref } from './types';

/**
 * A registry of these plug-ins; kinds, names, options and products are inferred from them.
 *
 * @throws NeusimError `REGISTRY_NOT_A_PLUGIN`, `REGISTRY_PLUGIN_TWICE`, `REGISTRY_NAME_TAKEN`,
 *   `REGISTRY_BAD_NAME`, `REGISTRY_BAD_VERSION`, `REGISTRY_UNKNOWN_KIND`, `REGISTRY_BAD_REF`,
 *   `REGISTRY_MISSING_REQUIREMENT`, `REGISTRY_VERSION` (a requirement in another major version)
 */
export function createRegistry<const P extends readonly AnyPlugin[]>(...plugins: P): Registry<P> {
  return over(plugins, collect(plugins)) as Registry<P>;
}

function over(plugins: readonly AnyPlugin[], slots: Slots): AnyRegistry {
  const listings = Object.freeze([...slots.values()].map(listing));
  const of = (kind: Kind) => listings.filter((entry) => entry.kind === kind);

  const find = (kind: Kind, text: string): Slot => {
    checkKind(kind);
    const { name, version } = splitVersion(text);
    const slot = slots.get(`${kind}:${name}`);
    if (!slot) throw unknownName(kind, name, of(kind), listings);
    checkMajor(`${kind}:${name}`, version, slot.definition.version);
    return slot;
  };

  const options = ({ definition }: Slot, given: unknown = {}): unknown =>
    parseSchema(definition.options, given, `options of ${definition.kind}:${definition.name}`);

  const withRequired = (slot: Slot, all: Set<Slot>): Set<Slot> => {
    if (all.has(slot)) return all;
    all.add(slot);
    for (const required of slot.definition.requires ?? []) {
      if (!required.includes(':')) continue;
      const { kind, name } = readRef(required as Ref);
      withRequired(find(kind, name), all);
    }
    return all;
  };

  const registry: AnyRegistry = Object.freeze<AnyRegistry>({
    make(kind, name, given) {
      const slot = find(kind, name);
      const parsed = options(slot, given);
      return loadNow(slot)(parsed, registry);
    },
    parse: (kind, name, given) => options(find(kind, name), given),
    version: (kind, name) => find(kind, name).definition.version,
    async ready(...refs) {
      const wanted = new Set<Slot>(refs.length === 0 ? slots.values() : []);
      for (const ref of refs) {
        const { kind, name } = readRef(ref);
        withRequired(find(kind, name), wanted);
      }
      await Promise.all([...wanted].map(load));
    },
    has(kind, text) {
      const { name, version } = splitVersion(text);
      const present = slots.get(`${kind}:${name}`)?.definition.version;
      return present !== undefined && (version === undefined || sameMajor(version, present));
    },
    list(kind) {
      if (kind === undefined) return listings;
      checkKind(kind);
      return Object.freeze(of(kind));
    },
    fork(...more) {
      const all = [...plugins, ...more];
      return over(all, collect(all, slots));
    },
  });
  return registry;
}

function listing({ definition, plugin }: Slot): Listing {
  const { kind, name, version, summary } = definition;
  return Object.freeze({ kind, name, version, plugin, summary });
}

function unknownName(kind: Kind, name: string, ofKind: Listing[], all: readonly Listing[]): NeusimError {
  const known = ofKind.map((entry) => entry.name);
  const nearest = suggest(name, known);
  const elsewhere = all.find((entry) => entry.name === name)?.kind;
  return new NeusimError(
    'REGISTRY_UNKNOWN_NAME',
    `no ${kind} is called ${show(name)}; known: ${known.join(', ') || 'none'}`,
    {
      data: { kind, name, known, nearest },
      hint: nearest
        ? `did you mean "${nearest}"?`
        : elsewhere
          ? `there is a ${elsewhere} of that name`
          : 'is the plug-in that defines it passed to createRegistry?',
    },
  );
}
