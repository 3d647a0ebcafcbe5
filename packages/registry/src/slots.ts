// From a list of plug-ins to the checked table in which a registry looks things up.

import { NeusimError } from './error';
import type { Origin } from './origin';
import { show } from './show';
import { checkKind, checkMajor, checkSpelling, splitVersion } from './spelling';
import type { AnyDefinition, AnyPlugin, Factory, Listing } from './types';

export type AnyFactory = Factory<unknown, unknown>;

/** A definition in a registry, and how far it is loaded. */
export interface Slot {
  /** `kind:name` */
  readonly key: string;
  readonly definition: AnyDefinition;
  readonly listing: Listing;
  readonly origin: Origin;
  /** The factory, or the one promise of it that is waited for. */
  loaded?: AnyFactory | Promise<AnyFactory> | undefined;
}

/** Slots by their key. */
export type Slots = ReadonlyMap<string, Slot>;

/**
 * A fresh slot for each definition of the plug-ins, with what the slot of the same key in `before` has loaded.
 * @throws NeusimError the codes listed at `createRegistry`
 */
export function collect(plugins: readonly AnyPlugin[], before?: Slots): Slots {
  const slots = new Map<string, Slot>();
  /** Of plug-ins by name and of definitions by key: what `requires` may ask for. */
  const versions = new Map<string, string>();
  for (const plugin of plugins) {
    checkPlugin(plugin, versions.get(plugin?.name));
    versions.set(plugin.name, plugin.version);
    for (const definition of plugin.definitions) {
      const { kind, name, version, summary } = definition;
      const key = `${kind}:${name}`;
      checkKind(kind);
      checkSpelling('a name', name, key);
      checkSpelling('a version', version, key);
      const taken = slots.get(key)?.listing.plugin;
      if (taken) {
        throw new NeusimError('REGISTRY_NAME_TAKEN', `${key} of ${plugin.name} is taken by ${taken}`, {
          data: { key, plugins: [taken, plugin.name] },
          hint: 'rename one, or leave one out',
        });
      }
      const listing = Object.freeze({ kind, name, version, plugin: plugin.name, summary });
      const origin = Object.freeze({
        kind,
        name,
        version,
        plugin: Object.freeze({ name: plugin.name, version: plugin.version }),
      });
      slots.set(key, { key, definition, listing, origin, ...before?.get(key) });
      versions.set(key, version);
    }
  }
  for (const { key, definition } of slots.values()) {
    for (const required of definition.requires ?? []) {
      const [name, asked] = splitVersion(required);
      const present = versions.get(name);
      if (!present) {
        throw new NeusimError('REGISTRY_MISSING_REQUIREMENT', `${key} requires ${required}`, {
          data: { key, required },
          hint: `pass the plug-in ${name.includes(':') ? `that defines ${name}` : name} too`,
        });
      }
      checkMajor(name, asked, present, key);
    }
  }
  return slots;
}

function checkPlugin(plugin: AnyPlugin, before: string | undefined): void {
  if (!Array.isArray(plugin?.definitions)) {
    throw new NeusimError('REGISTRY_NOT_A_PLUGIN', `${show(plugin)} is not a plug-in`, {
      hint: "pass the package's default export",
    });
  }
  const { name, version } = plugin;
  checkSpelling('a plug-in name', name, 'plugin');
  checkSpelling('a version', version, name);
  if (before) {
    throw new NeusimError('REGISTRY_PLUGIN_TWICE', `${name} is passed twice (${before}, ${version})`, {
      data: { plugin: name, versions: [before, version] },
      hint: 'pass it once; if two copies are installed, npm dedupe',
    });
  }
}
