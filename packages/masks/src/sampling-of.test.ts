import core, { describeWeights, NeuralSimilarityConv2D, type Shape } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import masks, { samplingOf } from './index';

const registry = createRegistry(core, masks);
beforeAll(async () => {
  await registry.ready();
  await start('cpu');
});

const conv = (shape: Shape, more: object = {}) =>
  new NeuralSimilarityConv2D({ filters: 2, kernelSize: 3, padding: 'same', shape, ...more });
const images = () => toTensor(randomNormal([2, 8, 6, 2], 1)) as tf.Tensor4D;
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor) => layer.apply(x) as tfl.SymbolicTensor;

describe('samplingOf', () => {
  test('the lattice of a plain layer behind another, with stride and dilation', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const layer = conv(registry.make('shape', 'full'), { strides: [2, 1], dilationRate: [1, 2] });
    const hidden = apply(tfl.layers.maxPooling2d({ poolSize: 2 }), x);
    const model = tfl.model({ inputs: x, outputs: apply(layer, hidden) });
    const before = tf.memory().numTensors;
    const given = images();
    const { layer: name, map, shape, places, modulation, mask } = await samplingOf(model, layer, given);
    given.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect({ name, map, shape, modulation, mask }).toEqual({
      name: layer.name,
      map: [4, 3],
      shape: [2, 2, 3, 1, 9],
      modulation: null,
      mask: null,
    });
    // Of the second image, output (1, 2): rows from 2 on (nothing is padded above), columns from 0.
    const at = places.slice(2 * 9 * (6 + 3 + 2), 2 * 9 * (6 + 3 + 3));
    const rows = [2, 3, 4].flatMap((y) => [0, 2, 4].flatMap((x) => [y, x]));
    expect([...at]).toEqual(rows);
  });

  test.each(['channelsLast', 'channelsFirst'] as const)('offsets and modulation, %s', async (dataFormat) => {
    const isFirst = dataFormat === 'channelsFirst';
    const x = tfl.input({ shape: isFirst ? [2, 8, 6] : [8, 6, 2] });
    const layer = conv(registry.make('shape', 'deformable', { groups: 2 }), { dataFormat });
    const model = tfl.model({ inputs: x, outputs: apply(layer, x) });
    const bias = describeWeights(model).find(({ name }) => name.endsWith('offset_bias'))!;
    bias.variable.write(tf.mul(tf.range(0, 54), 0.25));
    const given = isFirst ? (tf.transpose(images(), [0, 3, 1, 2]) as tf.Tensor4D) : images();
    const { shape, places, modulation } = await samplingOf(model, layer, given);
    expect(shape).toEqual([2, 8, 6, 2, 9]);
    const index = (((1 * 8 + 7) * 6 + 5) * 2 + 1) * 9 + 4;
    expect([...places.slice(2 * index, 2 * index + 2)]).toEqual([7 + 26 / 4, 5 + 27 / 4]);
    expect(modulation![index]).toBeCloseTo(1 / (1 + Math.exp(-(36 + 9 + 4) / 4)), 6);
  });

  test('places that are the same everywhere, and a mask', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const [dilation, binary] = [
      conv(registry.make('shape', 'learned-dilation', { rate: 2.5 })),
      conv(registry.make('shape', 'learned-binary')),
    ];
    const model = tfl.model({ inputs: x, outputs: apply(binary, apply(dilation, x)) });
    const { places } = await samplingOf(model, dilation, images());
    expect([...places.slice(0, 4)]).toEqual([-2.5, -2.5, -2.5, 0]);
    expect((await samplingOf(model, binary, images())).mask).toEqual(new Float32Array(9).fill(1));
  });

  test('a layer of another model is refused', async () => {
    const x = tfl.input({ shape: [8, 6, 2] });
    const full = registry.make('shape', 'full');
    const model = tfl.model({ inputs: x, outputs: apply(conv(full), x) });
    await expect(samplingOf(model, conv(full), images())).rejects.toThrow(
      expect.objectContaining({ code: 'LAYER_INPUT' }),
    );
  });
});
