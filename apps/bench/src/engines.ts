/** The engines that are compared, all on tfjs's WebAssembly: as it comes, as NeuSim was founded, and as it is. */
import wasm from '@neusim/backend-wasm';
import core, { startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { foundation } from './baselines/foundation';
import { install, type Override } from './baselines/foundation/override';
import { stock } from './baselines/stock';
import { captureState, type EngineState, useState } from './engine-state';

export const registry = createRegistry(core, masks, hypernet, models, wasm);

export type EngineName = 'stock' | 'foundation' | 'neusim';

export interface Engines {
  /** Makes an engine the current one. */
  use(name: EngineName): void;
}

/** Starts the backend, and learns how to turn it into each engine. Once a process. */
export async function startEngines(): Promise<Engines> {
  await import('@tensorflow/tfjs-backend-wasm');
  await import('@tensorflow/tfjs-layers');
  const bare = captureState();
  const withOverrides = (overrides: readonly Override[]): EngineState => {
    for (const override of overrides) install(override);
    const state = captureState();
    useState(bare);
    return state;
  };
  const asItComes = withOverrides(stock);
  const founded = withOverrides(foundation);
  await startBackend(registry, 'wasm');
  await registry.ready();
  const neusim = captureState();
  const states: Record<EngineName, EngineState> = {
    stock: asItComes,
    // The seam's gradients lead from kernel to kernel: they are the same for every engine that has the seam.
    foundation: { ...founded, gradients: neusim.gradients },
    neusim,
  };
  return {
    use: (name) => useState(states[name]),
  };
}
