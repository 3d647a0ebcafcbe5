// The parameter counts and multiply-adds that method §9 gives for the paper's CIFAR networks.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import core, { countParameters, loadModel, multiplyAdds, startBackend } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { modelFile } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import models, { disposeModel, type Model } from './index';

const registry = createRegistry(core, hypernet, models);
const plain = (options = {}) => registry.make('model', 'cnn-cifar', options);
const nsn = (similarity: string, options = {}) =>
  registry.make('model', 'nsn-cifar', { similarity, ...options });

let folder: string;
beforeAll(async () => {
  await startBackend(registry, 'cpu');
  folder = await mkdtemp(join(tmpdir(), 'neusim-models-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** [name, model, parameters with 10 classes, with 100, millions of multiply-adds, how near] */
const published: [string, (options?: object) => Model, number, number, number, number][] = [
  ['baseline', plain, 511_200, 695_520, 76.4, 0.05],
  ['static DNS', (o) => nsn('static-dns', o), 511_281, 695_601, 76.4, 0.05],
  ['static UNS', (o) => nsn('static-uns', o), 511_929, 696_249, 76.4, 0.05],
  // The table weights the authors' way, each of n filters; weighting the patch counts C, a little less.
  ['dynamic DNS', (o) => nsn('dynamic-dns', o), 890_946, 1_075_266, 76.4 + 114, 0.5],
  ['dynamic UNS', (o) => nsn('dynamic-uns', o), 2_014_560, 2_198_880, 76.4 + 574, 1.5],
  [
    'dynamic DNS, shared',
    (o) => nsn('dynamic-dns', { parameterization: 'shared', ...o }),
    591_426,
    775_746,
    Number.NaN,
    0,
  ],
  ['CNN++ for dynamic DNS', (o) => plain({ width: 43, ...o }), 912_546, 1_160_226, Number.NaN, 0],
  ['CNN++ for dynamic DNS, smaller', (o) => plain({ width: 42, ...o }), 871_290, 1_113_210, Number.NaN, 0],
  ['CNN++ for dynamic UNS', (o) => plain({ width: 64, ...o }), 1_999_296, 2_367_936, Number.NaN, 0],
];

describe.each(published)('%s', (name, make, parameters, with100, millions, near) => {
  test(`${parameters} parameters, before and after saving and loading`, async () => {
    const before = tf.memory().numTensors;
    const model = make().build();
    expect(countParameters(model)).toBe(parameters);
    if (!Number.isNaN(millions)) expect(Math.abs(multiplyAdds(model) / 1e6 - millions)).toBeLessThan(near);
    const file = modelFile(join(folder, name.replaceAll(/\W+/g, '-')));
    await model.save(file);
    const loaded = await loadModel(registry, file);
    expect(countParameters(loaded)).toBe(parameters);
    expect(multiplyAdds(loaded)).toBe(multiplyAdds(model));
    disposeModel(loaded);
    disposeModel(model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test(`${with100} with 100 classes`, () => {
    const model = make({ classes: 100 }).build();
    expect(countParameters(model)).toBe(with100);
    disposeModel(model);
  });
});
