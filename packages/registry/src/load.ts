// Loading a definition's factory: at once where `load` returns it, later where it returns a promise.

import { NeusimError } from './error';
import type { AnyFactory, Slot } from './slots';

const key = ({ definition }: Slot): string => `${definition.kind}:${definition.name}`;

/** The factory, or the one promise of it that this slot is waiting for. */
function begin(slot: Slot): AnyFactory | Promise<AnyFactory> {
  if (slot.factory ?? slot.loading) return (slot.factory ?? slot.loading) as AnyFactory;
  let loaded: AnyFactory | Promise<AnyFactory>;
  try {
    loaded = slot.definition.load();
  } catch (cause) {
    throw failed(slot, cause);
  }
  if (!(loaded instanceof Promise)) {
    slot.factory = checked(slot, loaded);
    return slot.factory;
  }
  slot.loading = loaded.then(
    (factory) => checked(slot, factory),
    (cause) => {
      throw failed(slot, cause);
    },
  );
  // Whoever awaits `ready` hears of a failure; a `make` that came too early must not crash the process.
  slot.loading.catch(() => {});
  return slot.loading;
}

/**
 * The factory, without waiting.
 * @throws NeusimError `REGISTRY_NOT_READY`, `REGISTRY_LOAD_FAILED`
 */
export function loadNow(slot: Slot): AnyFactory {
  const factory = begin(slot);
  if (typeof factory === 'function') return factory;
  throw new NeusimError('REGISTRY_NOT_READY', `${key(slot)} is not loaded yet`, {
    data: { kind: slot.definition.kind, name: slot.definition.name },
    hint: `await registry.ready('${key(slot)}')`,
  });
}

/**
 * Waits until the factory is there. After a failure the next call tries again.
 * @throws NeusimError `REGISTRY_LOAD_FAILED`
 */
export async function load(slot: Slot): Promise<void> {
  try {
    slot.factory = await begin(slot);
  } finally {
    slot.loading = undefined;
  }
}

function checked(slot: Slot, factory: unknown): AnyFactory {
  if (typeof factory === 'function') return factory as AnyFactory;
  throw new NeusimError(
    'REGISTRY_LOAD_FAILED',
    `load of ${key(slot)} gave ${typeof factory}, not a function`,
    {
      data: { kind: slot.definition.kind, name: slot.definition.name, met: typeof factory },
      hint: "return the factory itself: () => import('./x').then((module) => module.create)",
    },
  );
}

function failed(slot: Slot, cause: unknown): NeusimError {
  const { kind, name } = slot.definition;
  return new NeusimError('REGISTRY_LOAD_FAILED', `${key(slot)} could not be loaded`, {
    data: { kind, name, plugin: slot.plugin },
    hint: `see the cause; is the package of plug-in ${slot.plugin} complete?`,
    cause,
  });
}
