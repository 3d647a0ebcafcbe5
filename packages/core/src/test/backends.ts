/** The engines that core's own tests run on: cpu, and wasm, where the seam's convolutions are the composed ones. */
import wasm from '@neusim/backend-wasm';
import { createRegistry } from '@neusim/registry';
import core, { startBackend } from '../index';

export const backends = ['cpu', 'wasm'] as const;

export async function start(name: (typeof backends)[number]): Promise<void> {
  await startBackend(createRegistry(core, wasm), name);
}
