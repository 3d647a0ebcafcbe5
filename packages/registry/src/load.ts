// Loading a definition's factory: at once where `load` returns it, later where it returns a promise.

import { NeusimError } from './error';
import type { AnyFactory, Slot } from './slots';

/**
 * The factory, without waiting.
 * @throws NeusimError `REGISTRY_NOT_READY`, `REGISTRY_LOAD_FAILED`
 */
export function loadNow(slot: Slot): AnyFactory {
  slot.loaded ??= begin(slot);
  if (typeof slot.loaded === 'function') return slot.loaded;
  throw new NeusimError('REGISTRY_NOT_READY', `${slot.key} is not loaded yet`, {
    data: { key: slot.key },
    hint: `await registry.ready('${slot.key}')`,
  });
}

/**
 * Waits until the factory is there. After a failure the next call tries again.
 * @throws NeusimError `REGISTRY_LOAD_FAILED`
 */
export async function load(slot: Slot): Promise<void> {
  try {
    slot.loaded = await (slot.loaded ?? begin(slot));
  } catch (error) {
    slot.loaded = undefined;
    throw error;
  }
}

function begin({ key, definition, listing: { plugin } }: Slot): AnyFactory | Promise<AnyFactory> {
  const failed = (cause: unknown): never => {
    throw new NeusimError('REGISTRY_LOAD_FAILED', `${key} could not be loaded`, {
      data: { key, plugin },
      hint: `see the cause; it is of plug-in ${plugin}`,
      cause,
    });
  };
  try {
    const loaded = definition.load();
    if (!(loaded instanceof Promise)) return checked(loaded);
    const later = loaded.then(checked).catch(failed);
    // Whoever awaits `ready` hears of a failure; a `make` that came too early must not crash the process.
    later.catch(() => {});
    return later;
  } catch (cause) {
    return failed(cause);
  }
}

function checked(factory: unknown): AnyFactory {
  if (typeof factory === 'function') return factory as AnyFactory;
  throw new TypeError(`load gave ${typeof factory}, not a function`);
}
