/** The engines that are compared, all on tfjs's WebAssembly: as it comes, as NeuSim was founded, and as it is. */
import { type Precision, setPrecision } from '@neusim/backend-wasm';
import { startBackend } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { authorsGradient, authorsKernel } from './baselines/authors';
import { foundation } from './baselines/foundation';
import { install, type Override } from './baselines/foundation/override';
import { stock } from './baselines/stock';
import { captureState, type EngineState, useState } from './engine-state';
import { type HeapMeter, meterHeap } from './heap-meter';
import { registry } from './registry';

/**
 * `neusim` with plain convolutions as they are by default, never by Winograd (`direct`), or by larger tiles (`fast`);
 * `authors` is the foundation with dynamic DNS computed as the authors' code does.
 */
export type EngineName = 'stock' | 'foundation' | 'authors' | 'neusim' | 'neusim direct' | 'neusim fast';

const precisions: Partial<Record<EngineName, Precision>> = {
  'neusim direct': 'direct',
  'neusim fast': 'fast',
};

export interface Engines {
  /** Makes an engine the current one. */
  use(name: EngineName): void;
  readonly heap: HeapMeter;
}

/** Starts the backend, and learns how to turn it into each engine. Once a process. */
export async function startEngines(): Promise<Engines> {
  await import('@tensorflow/tfjs-backend-wasm');
  await import('@tensorflow/tfjs-layers');
  await tf.setBackend('wasm');
  const heap = meterHeap();
  const bare = captureState();
  const withOverrides = (overrides: readonly Override[]): EngineState => {
    for (const override of overrides) install(override);
    const state = captureState();
    useState(bare);
    return state;
  };
  const asItComes = withOverrides(stock);
  const founded = withOverrides(foundation);
  const authors = withOverrides([...foundation, authorsKernel]);
  await startBackend(registry, 'wasm');
  await registry.ready();
  const neusim = captureState();
  // The seam's gradients lead from kernel to kernel: they are the same for every engine that has the seam.
  const { gradients } = neusim;
  const states: Record<EngineName, EngineState> = {
    stock: asItComes,
    foundation: { ...founded, gradients },
    authors: { ...authors, gradients: new Map(gradients).set(authorsKernel.kernel, authorsGradient) },
    neusim,
    'neusim direct': neusim,
    'neusim fast': neusim,
  };
  return {
    use(name) {
      useState(states[name]);
      setPrecision(precisions[name] ?? 'exact');
    },
    heap,
  };
}
