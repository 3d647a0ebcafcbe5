// Every method as a run: trained by a config, resumed to the same curve, its backbone saved, its learner opened again to
// the same answers.
import { join } from 'node:path';
import { loadModel } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot, { evaluateEpisodes, type FewShotConfigInput, openFewShotRun } from '../index';
import { collect, dataset, ofType, small, temporaryFolder } from '../test/run';
import { parts } from '../test/tiny';

const registry = createRegistry(...parts, fewshot);

beforeAll(async () => {
  await start('wasm');
});

const tiny = { name: 'cnn-4', widths: [4, 4], normDecay: 0.9 };
/** Where a method wants other than the tiny backbone. */
const wanted: Readonly<Record<string, Partial<FewShotConfigInput>>> = {
  maml: { method: { name: 'maml', steps: 1, testSteps: 2 } },
  leo: { optimizer: { name: 'adam', learningRate: 5e-4 } },
  'static-nsn': {
    method: { name: 'static-nsn', epochs: 3 },
    backbone: { ...tiny, similarity: 'static-uns' },
  },
  'meta-static-nsn': {
    method: { name: 'meta-static-nsn', steps: 1, testSteps: 2 },
    backbone: { ...tiny, similarity: 'static-dns' },
  },
  'dynamic-nsn': {
    backbone: { ...tiny, similarity: 'dynamic-dns', predictor: { name: 'sphere', hidden: 4 } },
  },
};

test.each(registry.list('method').map(({ name }) => [name]))('%s', async (name) => {
  const out = temporaryFolder();
  const before = tf.memory().numTensors;
  const config = small({
    method: name,
    steps: 2,
    evaluation: { every: 1, way: 3, query: 2, episodes: 4 },
    checkpoint: { every: 1, keep: 5, seconds: 0 },
    ...wanted[name],
  });
  const [end] = ofType(await collect(config, { registry, out }), 'end');
  expect(tf.memory().numTensors).toBe(before);
  const { testError, model, history } = end!.result;
  if (end!.step > 0) {
    const resume = join(out, 'checkpoints', 'step-00000001.neusim');
    const [resumed] = ofType(await collect(config, { registry, resume }), 'end');
    expect(resumed!.result.history).toEqual(history);
  }

  const opened = await openFewShotRun(out, { registry });
  const { evaluation, normalize } = opened.config;
  const { every: _, pool, ...options } = evaluation;
  const found = await evaluateEpisodes(opened.learner, dataset[pool], { ...options, normalize });
  // What it prepares is exact only now.
  if (!opened.learner.prepare) expect(found.accuracy).toBeCloseTo(100 - testError, 10);
  disposeModel(opened.learner.model);
  if (model !== null) {
    const network = await loadModel(registry, modelFile(model) as tf.io.IOHandler);
    expect(network.inputs[0]!.shape).toEqual([null, 12, 12, 1]);
    disposeModel(network);
  }
  expect(tf.memory().numTensors).toBe(before);
});
