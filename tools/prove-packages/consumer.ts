// What TypeScript sees of the packages: names, options and products inferred, and what is wrong refused.
import wasm from '@neusim/backend-wasm';
import core, { foldModel, loadModel, neuralSimilarity, type Similarity, startBackend } from '@neusim/core';
import { createRegistry, NeusimError } from '@neusim/registry';
import { input, type LayersModel, model } from '@tensorflow/tfjs-layers';

const registry = createRegistry(core, wasm);
const similarity: Similarity = registry.make('similarity', 'static-uns', { l2: 0 });
// @ts-expect-error there is no similarity of this name
registry.make('similarity', 'static-unz');
// @ts-expect-error nor this option
registry.make('similarity', 'static-dns', { l3: 0 });

export async function folded(url: string): Promise<LayersModel> {
  const { name } = await startBackend(registry, 'wasm', { precision: 'exact' });
  if (name !== 'wasm') throw new NeusimError('NO_WASM', name);
  const x = input({ shape: [8, 8, 3] });
  const built = model({ inputs: x, outputs: neuralSimilarity(x, { filters: 4, kernelSize: 3, similarity }) });
  return foldModel(url === '' ? built : await loadModel(registry, url));
}
