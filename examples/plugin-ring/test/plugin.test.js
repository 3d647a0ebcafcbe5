// The whole test of a plug-in: each part held to `checkLayer` on every engine it is to run on, and what is particular to
// it. `node --test` runs it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import wasm from '@neusim/backend-wasm';
import core, { foldModel, loadModel, neuralSimilarity, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import ring from 'neusim-plugin-ring';

const registry = createRegistry(core, wasm, ring);
const load = (saved) => loadModel(registry, saved);

const similarity = registry.make('similarity', 'static-toeplitz');
const shape = registry.make('shape', 'ring');
const predictor = registry.make('predictor', 'global-pool', { hidden: 3, seed: 1 });
const dynamic = registry.make('similarity', 'dynamic-dns');
const layer = (parts) => (x, window) =>
  neuralSimilarity(x, { filters: 2, kernelSize: 5, ...window, ...parts });

for (const engine of ['cpu', 'wasm'])
  describe(`on ${engine}`, async () => {
    for (const [name, parts] of Object.entries({
      'static-toeplitz': { similarity },
      ring: { shape },
      'static-toeplitz in a ring': { similarity, shape },
      'global-pool': { similarity: dynamic, predictor },
    }))
      test(name, async () => {
        await startBackend(registry, engine);
        await checkLayer({ name, layer: layer(parts), inputShape: [6, 5, 2], load, secondOrder: true });
      });
  });

/** The model of one layer, on images of 7×7. */
async function built(parts, window = {}) {
  await startBackend(registry, 'wasm');
  const x = tfl.input({ shape: [7, 7, 2] });
  return tfl.model({ inputs: x, outputs: layer(parts)(x, { padding: 'same', ...window }) });
}

test('static-toeplitz: starts at the identity, and depends on the distance alone', async () => {
  const { layers } = await built({ similarity });
  const conv = layers[1];
  const g = conv.geometry([null, 7, 7, 2]);
  const z = conv.weights.at(-1);
  assert.deepEqual(similarity.toM(z.read(), g).arraySync(), tf.eye(25).arraySync());
  const m = similarity.toM(tf.range(0, 81), g).arraySync();
  // One row up and two to the left, from the middle and from the corner below it.
  assert.equal(m[12][5], m[24][17]);
  assert.notEqual(m[12][5], m[5][12]);
});

test('ring: sixteen taps at the border of 5×5, and the middle', async () => {
  const g = (await built({ shape })).layers[1].geometry([null, 7, 7, 2]);
  const taps = (options) => tf.sum(registry.make('shape', 'ring', options).taps([], g).mask).arraySync();
  assert.deepEqual([{}, { centre: false }, { width: 2 }].map(taps), [17, 16, 25]);
});

test('static-toeplitz in a ring folds into a plain convolution that gives the same', async () => {
  const model = await built({ similarity, shape });
  const folded = foldModel(model);
  assert.deepEqual(
    folded.layers.map((each) => each.getClassName()),
    ['InputLayer', 'Conv2D'],
  );
  const x = tf.randomNormal([3, 7, 7, 2], 0, 1, 'float32', 1);
  const [y, expected] = [folded.predict(x), model.predict(x)];
  assert.ok(tf.max(tf.abs(tf.sub(y, expected))).arraySync() < 1e-5);
});

test('global-pool: begins as a plain convolution, and gives an image one M', async () => {
  const model = await built({ similarity: dynamic, predictor });
  const z = model.layers.find(({ name }) => name.endsWith('_everywhere')).output;
  assert.deepEqual(z.shape, [null, 1, 1, 25]);
  const found = tfl.model({ inputs: model.inputs, outputs: z }).predict(tf.ones([1, 7, 7, 2]));
  assert.deepEqual([...found.dataSync()], Array(25).fill(0));
});

test('shapes: the same from the same seed, every class as often, training images are not for testing', async () => {
  const open = (options) => registry.make('dataset', 'shapes', options).open({}, undefined);
  const [a, b, other] = await Promise.all([{ train: 80, test: 40 }, { train: 60 }, { seed: 1 }].map(open));
  assert.deepEqual(a.train.images.subarray(0, 60 * 784), b.train.images);
  assert.notDeepEqual(a.test.images.subarray(0, 784), other.test.images.subarray(0, 784));
  for (const split of [a.train, a.test]) {
    assert.equal(split.images.length, split.count * 28 * 28);
    for (const label of a.classes.keys())
      assert.equal(split.labels.filter((each) => each === label).length, split.count / a.classes.length);
  }
  const known = new Set(
    Array.from({ length: 80 }, (_, i) => String(a.train.images.subarray(i * 784, (i + 1) * 784))),
  );
  for (let i = 0; i < 40; i++) assert.ok(!known.has(String(a.test.images.subarray(i * 784, (i + 1) * 784))));
});
