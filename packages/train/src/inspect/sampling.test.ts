import { describeWeights, NeuralSimilarityConv2D, type Shape, startBackend } from '@neusim/core';
import { randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { inspectSimilarity } from '../index';
import { registry } from '../test/setup';

beforeAll(async () => {
  await registry.ready();
  await startBackend(registry, 'cpu');
});

const conv = (shape: Shape, more: object = {}) =>
  new NeuralSimilarityConv2D({ filters: 2, kernelSize: 3, padding: 'same', shape, ...more });
const images = () => toTensor(randomNormal([2, 8, 6, 2], 1)) as tf.Tensor4D;
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor) => layer.apply(x) as tfl.SymbolicTensor;

async function samplingIn(model: tfl.LayersModel, given = images()) {
  const before = tf.memory().numTensors;
  const [layer] = await inspectSimilarity(model, given);
  expect(tf.memory().numTensors).toBe(before);
  given.dispose();
  return layer!;
}

describe('where taps read', () => {
  test('a lattice with stride and dilation, behind another layer', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const layer = conv(registry.make('shape', 'learned-binary'), { strides: [2, 1], dilationRate: [1, 2] });
    const model = tfl.model({
      inputs: x,
      outputs: apply(layer, apply(tfl.layers.maxPooling2d({ poolSize: 2 }), x)),
    });
    const { sampling, mask } = await samplingIn(model);
    expect(mask).toEqual(Array(9).fill(1));
    // Nothing is padded above: the window of row 0 ends with the map, of 4 rows.
    expect(sampling).toEqual({
      input: [4, 3],
      output: [2, 3],
      kernel: [3, 3],
      strides: [2, 1],
      pad: [0, 2],
      dilations: [1, 2],
      groups: 1,
      offsets: null,
      modulation: null,
    });
  });

  test('the plain lattice is not told', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const layer = conv(registry.make('shape', 'learned-binary'));
    expect((await samplingIn(tfl.model({ inputs: x, outputs: apply(layer, x) }))).sampling).toBeNull();
  });

  test.each(['channelsLast', 'channelsFirst'] as const)('offsets and modulation, %s', async (dataFormat) => {
    const isFirst = dataFormat === 'channelsFirst';
    const x = tfl.input({ shape: isFirst ? [2, 8, 6] : [8, 6, 2] });
    const layer = conv(registry.make('shape', 'deformable', { groups: 2 }), { dataFormat });
    const model = tfl.model({ inputs: x, outputs: apply(layer, x) });
    const bias = describeWeights(model).find(({ name }) => name.endsWith('offset_bias'))!;
    bias.variable.write(tf.mul(tf.range(0, 54), 0.25));
    const given = isFirst ? (tf.transpose(images(), [0, 3, 1, 2]) as tf.Tensor4D) : images();
    const { sampling } = await samplingIn(model, given);
    const { groups, offsets, modulation } = sampling!;
    expect([groups, offsets?.height, offsets?.width]).toEqual([2, 8, 6]);
    // Output (7, 5), the second group's fifth tap.
    const at = (7 * 6 + 5) * 2 * 9 + 9 + 4;
    expect(offsets?.values.slice(2 * at, 2 * at + 2)).toEqual([26 / 4, 27 / 4]);
    expect(modulation?.values[at]).toBeCloseTo(1 / (1 + Math.exp(-(36 + 9 + 4) / 4)), 6);
  });

  test('offsets that are the same everywhere', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const layer = conv(registry.make('shape', 'learned-dilation', { rate: 2.5 }));
    const { sampling } = await samplingIn(tfl.model({ inputs: x, outputs: apply(layer, x) }));
    expect(sampling).toMatchObject({ groups: 1, offsets: { height: 1, width: 1 } });
    expect(sampling?.offsets?.values.slice(0, 4)).toEqual([-1.5, -1.5, -1.5, 0]);
  });
});
