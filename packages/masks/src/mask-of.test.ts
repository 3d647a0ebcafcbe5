import core, { NeuralSimilarityConv2D } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import masks, { maskOf } from './index';

const registry = createRegistry(core, masks);
beforeAll(() => start('cpu'));

test('rows of zeros and ones, leaving nothing behind', async () => {
  const layer = new NeuralSimilarityConv2D({
    filters: 1,
    kernelSize: [3, 2],
    shape: registry.make('shape', 'learned-binary'),
  });
  await expect(maskOf(layer)).rejects.toThrow(expect.objectContaining({ code: 'LAYER_INPUT' }));
  layer.apply(tfl.input({ shape: [4, 4, 1] }));
  const r = layer.weights.find((weight) => layer.describeWeight(weight)?.role === 'shape')!;
  r.write(tf.tensor1d([0.1, -0.1, 0, 2, -2, 1]));
  const before = tf.memory().numTensors;
  expect(await maskOf(layer)).toEqual([
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  expect(tf.memory().numTensors).toBe(before);
});

test('all ones for a shape without a mask', async () => {
  const layer = new NeuralSimilarityConv2D({ filters: 1, kernelSize: 2 });
  layer.apply(tfl.input({ shape: [4, 4, 1] }));
  expect(await maskOf(layer)).toEqual([
    [1, 1],
    [1, 1],
  ]);
});
