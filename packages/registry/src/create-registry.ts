// The registry as a value: a frozen object that closes over its plug-ins. All it ever changes is which
// factories it has loaded.

import type { Kind } from './kinds';
import { load, loadNow } from './load';
import { remember } from './origin';
import { parseSchema } from './parse-schema';
import type { Registry } from './registry-type';
import { collect, type Slot, type Slots } from './slots';
import { checkKind, checkMajor, checkSpelling, sameMajor, splitVersion } from './spelling';
import type { AnyPlugin, AnyRegistry, Ref } from './types';
import { unknown } from './unknown';

/**
 * A registry of these plug-ins; kinds, names, options and products are inferred from them.
 *
 * @throws NeusimError `REGISTRY_NOT_A_PLUGIN`, `REGISTRY_PLUGIN_TWICE`, `REGISTRY_NAME_TAKEN`,
 *   `REGISTRY_BAD_NAME`, `REGISTRY_BAD_VERSION`, `REGISTRY_UNKNOWN_KIND`, `REGISTRY_MISSING_REQUIREMENT`,
 *   `REGISTRY_VERSION` (a requirement is there in another major version)
 */
export function createRegistry<const P extends readonly AnyPlugin[]>(...plugins: P): Registry<P> {
  return over(plugins, collect(plugins)) as Registry<P>;
}

function over(plugins: readonly AnyPlugin[], slots: Slots): AnyRegistry {
  const listings = Object.freeze([...slots.values()].map((slot) => slot.listing));
  const of = (kind: Kind) => listings.filter((entry) => entry.kind === kind);
  const namesOf = (kind: Kind) => of(kind).map((entry) => entry.name);

  const find = (kind: Kind, text: string): Slot => {
    checkKind(kind);
    const [name, asked] = splitVersion(text);
    const slot = slots.get(`${kind}:${name}`);
    if (!slot) throw unknown('REGISTRY_UNKNOWN_NAME', kind, name, namesOf(kind));
    checkMajor(slot.key, asked, slot.definition.version);
    return slot;
  };

  const findRef = (ref: Ref): Slot => {
    if (typeof ref === 'object') return find(ref.kind, ref.name);
    checkSpelling('a reference', ref, 'ready');
    const [kind, name] = ref.split(':') as [Kind, string];
    return find(kind, name);
  };

  const parse = ({ key, definition }: Slot, given: unknown = {}): unknown =>
    parseSchema(definition.options, given, key);

  const registry: AnyRegistry = Object.freeze<AnyRegistry>({
    make(kind, name, given) {
      const slot = find(kind, name);
      const options = parse(slot, given);
      return remember(loadNow(slot)(options, registry), slot.origin);
    },
    parse: (kind, name, given) => parse(find(kind, name), given),
    version: (kind, name) => find(kind, name).definition.version,
    schema: (kind, name) => find(kind, name).definition.options,
    async ready(...refs) {
      const wanted = new Set(refs.length ? refs.map(findRef) : slots.values());
      // A set's iteration reaches what is added under way, so requirements of requirements come too.
      for (const { definition } of wanted) {
        for (const required of definition.requires ?? []) {
          if (required.includes(':')) wanted.add(findRef(required as Ref));
        }
      }
      await Promise.all([...wanted].map(load));
    },
    has(kind, text) {
      const [name, asked] = splitVersion(text);
      const slot = slots.get(`${kind}:${name}`);
      return slot !== undefined && sameMajor(asked, slot.definition.version);
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
