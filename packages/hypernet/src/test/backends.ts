/** The engines that this package's tests run on. */
import wasm from '@neusim/backend-wasm';
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';

export const backends = ['cpu', 'wasm'] as const;

export async function start(name: (typeof backends)[number]): Promise<void> {
  await startBackend(createRegistry(core, wasm), name);
}
