/** One layer of each form of similarity in a page: gradients of both orders, leaks, a training step, save and load. */
import core, { loadModel, neuralSimilarity, type Similarity } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer } from '@neusim/testing';
import { test } from 'vitest';
import { onEachEngine } from '../../../tools/engines';
import hypernet from './index';

const registry = createRegistry(core, hypernet);
const forms = ['inner-product', 'static-dns', 'static-uns', 'dynamic-dns', 'dynamic-uns'] as const;

onEachEngine('layers in a page', () => {
  test.each(forms)('%s', async (name) => {
    const similarity: Similarity = registry.make('similarity', name, {} as never);
    const predictor = registry.make('predictor', 'conv', { hidden: 3, seed: 1 });
    await checkLayer({
      name,
      layer: (x, window) =>
        neuralSimilarity(x, {
          filters: 2,
          ...window,
          similarity,
          ...(similarity.source === 'predictor' ? { predictor } : {}),
        }),
      inputShape: [4, 3, 2],
      variants: [],
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});
