/** Training in a page: the losses of three steps are those that cpu gives there. */
import core from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { train } from './index';
import { patterns } from './test/patterns';

async function losses(): Promise<number[]> {
  const config = {
    seed: 3,
    dataset: 'patterns',
    model: {
      name: 'nsn-digits',
      width: 2,
      similarity: 'dynamic-dns',
      predictor: { name: 'sphere', hidden: 4 },
    },
    steps: 3,
    batchSize: 6,
    log: { every: 1 },
  };
  const registry = createRegistry(core, hypernet, masks, models);
  const found: number[] = [];
  for await (const event of train(config, { registry, dataset: patterns }))
    if (event.type === 'step') found.push(event.loss);
  return found;
}

onEachEngine('training in a page', (engine) => {
  test('three steps', async () => {
    const here = await losses();
    await start('cpu');
    const wanted = await losses();
    await start(engine);
    expect(here).toHaveLength(3);
    for (const [i, loss] of here.entries()) expect(Math.abs(loss / wanted[i]! - 1)).toBeLessThan(1e-4);
  });
});
