// From a list of plug-ins to the checked table a registry looks things up in.

import { NeusimError } from './error';
import { checkKind, checkMajor, checkName, checkVersion, readRef, splitVersion } from './ref';
import { show } from './show';
import type { AnyDefinition, AnyPlugin, Factory, Ref } from './types';

export type AnyFactory = Factory<unknown, unknown>;

/** A definition in a registry, and how far it is loaded. */
export interface Slot {
  readonly definition: AnyDefinition;
  readonly plugin: string;
  loading?: Promise<AnyFactory> | undefined;
  factory?: AnyFactory | undefined;
}

/** Keyed by `kind:name`. */
export type Slots = Map<string, Slot>;

/**
 * All definitions of the plug-ins; slots of `loaded` are copied with what they have loaded.
 * @throws NeusimError the codes listed at `createRegistry`
 */
export function collect(plugins: readonly AnyPlugin[], loaded: Slots = new Map()): Slots {
  const slots: Slots = new Map();
  const versions = new Map<string, string>();
  for (const plugin of plugins) {
    checkPlugin(plugin, versions);
    versions.set(plugin.name, plugin.version);
    for (const definition of plugin.definitions) {
      checkKind(definition.kind);
      checkName(definition.name, 'definition');
      const key = `${definition.kind}:${definition.name}`;
      checkVersion(definition.version, key);
      const taken = slots.get(key);
      if (taken) {
        throw new NeusimError(
          'REGISTRY_NAME_TAKEN',
          `${key} of plug-in ${plugin.name} is taken by plug-in ${taken.plugin}`,
          {
            data: { key, plugins: [taken.plugin, plugin.name] },
            hint: 'rename one, or leave one plug-in out',
          },
        );
      }
      slots.set(
        key,
        loaded.has(key) ? { ...(loaded.get(key) as Slot) } : { definition, plugin: plugin.name },
      );
    }
  }
  for (const [key, { definition }] of slots) {
    for (const required of definition.requires ?? []) checkRequired(key, required, slots, versions);
  }
  return slots;
}

function checkPlugin(plugin: AnyPlugin, versions: ReadonlyMap<string, string>): void {
  if (!Array.isArray(plugin?.definitions)) {
    throw new NeusimError('REGISTRY_NOT_A_PLUGIN', `${show(plugin)} is not a plug-in`, {
      data: { met: typeof plugin },
      hint: "pass the package's default export, or what plugin(name, version, definitions) returns",
    });
  }
  checkName(plugin.name, 'plugin');
  checkVersion(plugin.version, `plug-in ${plugin.name}`);
  const first = versions.get(plugin.name);
  if (first !== undefined) {
    const second = plugin.version;
    throw new NeusimError(
      'REGISTRY_PLUGIN_TWICE',
      `plug-in ${plugin.name} is passed twice (${first}, ${second})`,
      {
        data: { plugin: plugin.name, versions: [first, second] },
        hint: 'pass it once; if two copies of its package are installed, keep one (npm ls, npm dedupe)',
      },
    );
  }
}

function checkRequired(
  by: string,
  required: string,
  slots: Slots,
  versions: ReadonlyMap<string, string>,
): void {
  const { name, version } = splitVersion(required);
  const isDefinition = required.includes(':');
  if (isDefinition) readRef(required as Ref);
  const present = isDefinition ? slots.get(name)?.definition.version : versions.get(name);
  if (present === undefined) {
    throw new NeusimError('REGISTRY_MISSING_REQUIREMENT', `${by} requires ${required}, which is not here`, {
      data: { by, required },
      hint: `pass the plug-in ${isDefinition ? `that defines ${name}` : name} to createRegistry too`,
    });
  }
  checkMajor(name, version, present);
}
