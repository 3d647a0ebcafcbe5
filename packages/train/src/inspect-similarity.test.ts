import { startBackend } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { inspectSimilarity, predictSimilarity, spreadOfM, train } from './index';
import { patterns } from './test/patterns';
import { registry, small } from './test/setup';

beforeAll(async () => void (await startBackend(registry, 'cpu')));

async function trained(
  similarity: string | { name: string },
  steps: number,
  changes: object = {},
): Promise<LayersModel> {
  const model = {
    name: 'nsn-digits',
    width: 3,

    similarity,
    ...(typeof similarity === 'string' && similarity.startsWith('dynamic')
      ? { predictor: { name: 'sphere', hidden: 4 } }
      : {}),
    ...changes,
  };
  const run = train(small({ model, steps, evaluation: {}, schedule: { name: 'constant', warmup: 3 } }), {
    registry,
    dataset: patterns,
  });
  for await (const event of run) if (event.type === 'end') return run.takeModel();
  throw new Error('no end');
}

const images = () =>
  tf.tidy(() => {
    const bytes = tf.tensor4d(Float32Array.from(patterns.test.images.subarray(0, 6 * 64)), [6, 8, 8, 1]);
    return tf.div(bytes, 255) as tf.Tensor4D;
  });

describe.each(['dynamic-dns', 'dynamic-uns'])('%s', (similarity) => {
  test('starts without spread; some steps later M differs from place to place and from image to image', async () => {
    const [fresh, later, x] = [await trained(similarity, 1), await trained(similarity, 20), images()];
    const before = tf.memory().numTensors;
    // One step has been made, and the warm-up's first is small.
    for (const { fromIdentity } of await spreadOfM(fresh, x)) expect(fromIdentity).toBeLessThan(0.05);
    const spreads = await spreadOfM(later, x);
    expect(spreads.map(({ layer }) => layer)).toEqual(['stage1_conv1', 'stage2_conv1']);
    for (const { positions, images, fromIdentity } of spreads) {
      expect(positions).toBeGreaterThan(1e-5);
      expect(images).toBeGreaterThan(1e-5);
      expect(fromIdentity).toBeGreaterThan(1e-5);
    }
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(x);
    disposeModel(fresh);
    disposeModel(later);
    expect(tf.memory().numTensors).toBe(0);
  });

  test('M of a permuted batch is the permuted M', async () => {
    const [model, x] = [await trained(similarity, 8), images()];
    const order = tf.tensor1d([3, 0, 5, 1, 4, 2], 'int32');
    const shuffled = tf.gather(x, order);
    const [straight, permuted] = [predictSimilarity(model, x), predictSimilarity(model, shuffled)];
    for (const [layer, m] of straight) {
      const wanted = tf.tidy(() => tf.gather(m, order).dataSync());
      expect(permuted.get(layer)?.dataSync()).toEqual(wanted);
    }
    tf.dispose([x, order, shuffled, ...straight.values(), ...permuted.values()]);
    disposeModel(model);
  });

  test('is inspected as plain data', async () => {
    const [model, x] = [await trained(similarity, 2), images()];
    const taps = similarity === 'dynamic-dns' ? 9 : 81;
    const [first] = await inspectSimilarity(model, x);
    expect(first).toMatchObject({ layer: 'stage1_conv1', similarity, shape: 'full', predictor: 'sphere' });
    expect(first).toMatchObject({
      kernel: [3, 3],
      matrix: null,
      mask: null,
      predicted: { height: 4, width: 4 },
    });
    expect(first?.predicted?.values).toHaveLength(4 * 4 * taps);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    tf.dispose(x);
    disposeModel(model);
  });
});

test('a static M is the weight, and has no spread', async () => {
  const [model, x] = [await trained('static-uns', 2), images()];
  const layers = await inspectSimilarity(model, x);
  expect(layers).toHaveLength(2);
  expect(layers[0]).toMatchObject({ similarity: 'static-uns', form: 'full', predicted: null });
  const weight = model.getLayer('stage1_conv1').getWeights()[1]!;
  expect(layers[0]?.matrix).toEqual([...weight.dataSync()]);
  expect(await spreadOfM(model, x)).toEqual([]);
  tf.dispose(x);
  disposeModel(model);
});

test.each([
  ['static-low-rank', 'full', 81],
  ['static-orthogonal', 'full', 81],
  ['static-grouped', 'grouped', 3 * 81],
  ['static-bilinear', 'bilinear', 27 * 27],
])('the M of %s, which is made of its weight, has the form %s', async (name, form, entries) => {
  const similarity = name === 'static-grouped' ? { name, groups: 3 } : name;
  const [model, x] = [await trained(similarity, 2), images()];
  const [first] = await inspectSimilarity(model, x);
  expect(first).toMatchObject({ similarity: name, form, predicted: null, kernel: [3, 3] });
  expect(first?.matrix).toHaveLength(entries);
  // Two steps of a small rate have not taken M far from the identity, nor left it there.
  const side = form === 'bilinear' ? 27 : 9;
  const fromIdentity = first!.matrix!.map((value, i) =>
    Math.abs(value - ((i % side ** 2) % (side + 1) ? 0 : 1)),
  );
  expect(Math.max(...fromIdentity)).toBeLessThan(0.5);
  expect(Math.max(...fromIdentity)).toBeGreaterThan(1e-6);
  tf.dispose(x);
  disposeModel(model);
});

test.each([
  ['dynamic-low-rank', 'full'],
  ['dynamic-orthogonal', 'full'],
])('%s has its M predicted as a matrix', async (name, form) => {
  const [model, x] = [await trained(name, 2), images()];
  const [first] = await inspectSimilarity(model, x);
  expect(first).toMatchObject({ similarity: name, form, matrix: null });
  expect(first?.predicted?.values).toHaveLength(4 * 4 * 81);
  expect(first?.predicted?.spread.fromIdentity).toBeLessThan(0.1);
  tf.dispose(x);
  disposeModel(model);
});

test('the mask of a learned shape, on a wider window', async () => {
  const changes = { kernelSize: 5, shape: 'learned-binary' };
  const [model, x] = [await trained('dynamic-dns', 2, changes), images()];
  const [first] = await inspectSimilarity(model, x);
  expect(first).toMatchObject({ shape: 'learned-binary', kernel: [5, 5], mask: new Array(25).fill(1) });
  expect(first?.predicted?.values).toHaveLength(4 * 4 * 25);
  tf.dispose(x);
  disposeModel(model);
});
