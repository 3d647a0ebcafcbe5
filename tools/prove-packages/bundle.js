// What a page of this kind takes in: measured, not run.
import wasm from '@neusim/backend-wasm';
import core, { neuralSimilarity, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { input, model } from '@tensorflow/tfjs-layers';

const registry = createRegistry(core, wasm);
export const started = startBackend(registry, 'wasm');
const x = input({ shape: [8, 8, 3] });
const similarity = registry.make('similarity', 'static-uns');
export const net = model({
  inputs: x,
  outputs: neuralSimilarity(x, { filters: 4, kernelSize: 3, similarity }),
});
