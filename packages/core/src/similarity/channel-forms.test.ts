import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import core, {
  foldModel,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Similarity,
  staticUns,
} from '../index';
import { apply, conv, sameOutputs, shake } from '../test/models';

const registry = createRegistry(core);
beforeAll(() => registry.ready('similarity:static-grouped', 'similarity:static-bilinear'));

/** W_eff = Mᵀ·W in loops: `index` tells where M has the pair of (tap k, channel c) and (tap s, channel d), if it has it. */
function effective(
  w: NdArray,
  m: NdArray,
  index: (k: number, c: number, s: number, d: number, taps: number, channels: number) => number | null,
): NdArray {
  const [height, width, channels, filters] = w.shape as [number, number, number, number];
  const taps = height * width;
  const out = ndArray(w.shape);
  for (let s = 0; s < taps; s++)
    for (let d = 0; d < channels; d++)
      for (let k = 0; k < taps; k++)
        for (let c = 0; c < channels; c++) {
          const at = index(k, c, s, d, taps, channels);
          if (at === null) continue;
          for (let f = 0; f < filters; f++)
            out.data[(s * channels + d) * filters + f]! +=
              m.data[at]! * w.data[(k * channels + c) * filters + f]!;
        }
  return out;
}

const oracle =
  (index: Parameters<typeof effective>[2]): LayerOracle =>
  ({ input, weights, options }) => {
    const [kernel, bias, m] = weights as [NdArray, NdArray, NdArray];
    const { strides, padding, dilationRate } = options;
    const y = convolutionForward(
      { x: input, w: effective(kernel, m, index), m: null },
      { strides, pad: padding, dilations: dilationRate },
    );
    return ndArray(
      y.shape,
      y.data.map((value, i) => value + bias.data[i % 2]!),
    );
  };

const grouped =
  (groups: number): Parameters<typeof effective>[2] =>
  (k, c, s, d, taps, channels) =>
    c === d ? (Math.floor(c / (channels / groups)) * taps + k) * taps + s : null;

const bilinear: Parameters<typeof effective>[2] = (k, c, s, d, taps, channels) =>
  (k * channels + c) * taps * channels + s * channels + d;

onEachEngine('M with channels', (engine) => {
  test.each([
    ['static-grouped', { groups: 2 }, grouped(2), 4],
    ['static-grouped', { groups: 3 }, grouped(3), 3],
    ['static-bilinear', {}, bilinear, 2],
  ] as const)('%s %j', async (name, options, index, channels) => {
    const similarity = registry.make('similarity', name, options as never) as Similarity;
    const odd =
      engine === 'webgpu' ? /^kernel 3x2 stride/ : /batch 0|kernel 1x1|kernel 2x4|3x2 stride|stride 2x1 dil/;
    await checkLayer({
      name,
      inputShape: [4, 3, channels],
      layer: (x, window) => neuralSimilarity(x, { ...window, filters: 2, similarity }),
      variants: layerVariants([4, 3, channels]).filter((each) => odd.test(each.name)),
      load: (saved) => loadModel(registry, saved),
      oracle: oracle(index),
      secondOrder: true,
    });
  });
});

describe('M with channels', () => {
  beforeAll(() => start('cpu'));
  const makers = () =>
    [
      registry.make('similarity', 'static-grouped'),
      registry.make('similarity', 'static-grouped', { groups: 1 }),
      registry.make('similarity', 'static-bilinear'),
    ] as const;

  test('starts as the plain convolution, and folds into one', () => {
    for (const similarity of makers()) {
      const x = tfl.input({ shape: [8, 7, 2] });
      const layer = conv(similarity);
      const model = tfl.model({ inputs: x, outputs: apply(layer, x) });
      expect([...layer.comparison().w.dataSync()]).toEqual([...layer.weights[0]!.read().dataSync()]);
      shake(model);
      expect([...layer.comparison().w.dataSync()]).not.toEqual([...layer.weights[0]!.read().dataSync()]);
      const folded = foldModel(model);
      expect(folded.layers.map((each) => each.getClassName())).toEqual(['InputLayer', 'Conv2D']);
      expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
      expect(layer.multiplyAdds([null, 8, 7, 2])).toBe(8 * 7 * 6 * 2 * 4);
    }
  });

  test('one group, and a block matrix with the same block for every channel, are static-uns', () => {
    const m = toTensor(randomNormal([6, 6], 1)) as tf.Tensor2D;
    const w = toTensor(randomNormal([3, 2, 2, 4], 2));
    // Entry (k·C + c, s·C + d) is m[k, s] where c = d.
    const blocks = tf.reshape(
      tf.mul(tf.reshape(m, [6, 1, 6, 1]), tf.reshape(tf.eye(2), [1, 2, 1, 2])),
      [12, 12],
    );
    const kernelOf = (similarity: Similarity, matrix: tf.Tensor) => {
      const layer = conv(similarity);
      layer.apply(tf.zeros([1, 8, 7, 2]));
      layer.setWeights([w, matrix]);
      return layer.comparison().w;
    };
    const [, oneGroup, full] = makers();
    const wanted = kernelOf(staticUns({ init: 'identity', l2: 0 }), m);
    for (const found of [kernelOf(oneGroup, tf.reshape(m, [1, 6, 6])), kernelOf(full, blocks)])
      expect(tf.max(tf.abs(tf.sub(found, wanted))).dataSync()[0]).toBeLessThan(1e-5);
  });

  test.each([
    [3, 2, 'input channels (=3) must be divisible by groups (=2)', 1],
    [6, 4, 'input channels (=6) must be divisible by groups (=4)', 3],
    [2, 5, 'input channels (=2) must be divisible by groups (=5)', 2],
  ])('%i channels in %i groups are refused', (channels, groups, message, divisor) => {
    const similarity = registry.make('similarity', 'static-grouped', { groups });
    const layer = new NeuralSimilarityConv2D({ filters: 2, kernelSize: 3, similarity });
    expect(() => layer.apply(tfl.input({ shape: [8, 8, channels] }))).toThrow(
      expect.objectContaining({
        code: 'LAYER_OPTIONS',
        message: expect.stringContaining(message),
        data: { similarity: 'static-grouped', channels, groups },
        hint: expect.stringContaining(`such as ${divisor}.`),
      }),
    );
  });

  test('a bilinear M of more than 2048 values a side is refused', () => {
    const similarity = registry.make('similarity', 'static-bilinear');
    const layer = new NeuralSimilarityConv2D({ filters: 2, kernelSize: 3, similarity });
    expect(() => layer.apply(tfl.input({ shape: [8, 8, 256] }))).toThrow(
      expect.objectContaining({
        code: 'LAYER_OPTIONS',
        message: expect.stringContaining('9 taps of 256 channels are 2304 values, and 2048 are the most'),
      }),
    );
  });

  test('penalties are those of static-uns, and options are saved', () => {
    const [two] = makers();
    expect(two.options).toEqual({ groups: 2, l2: 5e-3 });
    for (const similarity of makers())
      expect(similarity.weights({ taps: 4, channels: 2 } as never, 1)[0]).toMatchObject({
        l2: 5e-3,
        role: 'similarity',
      });
    expect(() => registry.make('similarity', 'static-grouped', { groups: 0 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
