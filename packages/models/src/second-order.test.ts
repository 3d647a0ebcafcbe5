// Gradients of both orders through whole residual networks: shortcuts, pools and leaky ReLU included.
import core, { loadModel } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import { checkLayer } from '@neusim/testing';
import { beforeAll, describe, test } from 'vitest';
import { start } from '../../../tools/engines';
import models, { type Model } from './index';

const registry: AnyRegistry = createRegistry(core, hypernet, models);

// On the one engine that is fast enough: the kernels have their tests on each.
describe('residual networks', () => {
  beforeAll(() => start('wasm'));

  test.each([
    ['shortcut A', { depth: 10, inputShape: [6, 5, 2], widths: [2, 3, 4, 4], shortcut: 'A' }],
    ['shortcut B, leaky ReLU', { depth: 12, inputShape: [16, 16, 1], widths: [2, 2, 3, 2] }],
  ])('%s', async (name, options) => {
    await checkLayer({
      name,
      layer: (x) => {
        const made = registry.make('model', 'nsn-resnet', {
          classes: 3,
          seed: 1,
          similarity: 'static-dns',
          ...options,
        }) as Model;
        return made.build().apply(x);
      },
      inputShape: options.inputShape,
      variants: [],
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});
