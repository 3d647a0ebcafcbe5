/** The engines that this package's tests run on: cpu, and the composed kernels on tfjs-wasm as it comes. */
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';

export const backends = ['cpu', 'wasm'] as const;

export async function start(name: (typeof backends)[number]): Promise<void> {
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  await startBackend(createRegistry(core), name);
}
