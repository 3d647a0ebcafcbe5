// A thread that has loaded nothing yet makes the learner of a recipe, and what its method's options name besides.
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { parts, tinyBackbone } from '../test/tiny';
import { buildLearner } from './learner-recipe';

test.each([
  ['nearest-neighbour', {}],
  ['proto-net', { metric: 'static-bilinear' }],
])('%s with %j, on a registry where neither method nor metric is loaded', async (name, options) => {
  await start('cpu');
  const backbone = tinyBackbone();
  const recipe = {
    method: { name, options },
    backbone: backbone.toJSON(null, false) as object,
    classes: 8,
    way: 3,
    seed: 1,
  };
  const learner = await buildLearner(createRegistry(...parts, fewshot), recipe);
  expect(learner.fit).toBeTypeOf('function');
  disposeModel(learner.model);
  disposeModel(backbone);
});
