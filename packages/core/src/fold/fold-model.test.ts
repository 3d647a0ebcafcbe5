import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import {
  BatchNorm,
  describeWeights,
  dilated,
  dynamicDns,
  foldModel,
  foldSimilarity,
  innerProduct,
  type NeuralSimilarityConv2D,
  rebuildModel,
  type Shape,
  type Similarity,
  staticDns,
  staticUns,
} from '../index';
import { apply, conv, sameOutputs, savedArtifacts, shake } from '../test/models';

const statics: readonly Similarity[] = [
  innerProduct,
  staticDns({ init: 'identity', l2: 0 }),
  staticUns({ init: 'identity', l2: 0 }),
];

const classes = (model: tfl.LayersModel) => model.layers.map((layer) => layer.getClassName());

describe('foldModel', () => {
  beforeAll(() => start('cpu'));

  test.each(statics)('$name with batch norm becomes one Conv2D that plain tfjs runs', async (similarity) => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const hidden = apply(tfl.layers.reLU(), apply(new BatchNorm(), apply(conv(similarity), x)));
    const y = apply(conv(similarity, { strides: 2, useBias: true, activation: 'tanh' }), hidden);
    const model = tfl.model({ inputs: x, outputs: y });
    shake(model);
    const before = tf.memory().numTensors;
    const folded = foldModel(model);
    expect(tf.memory().numTensors - before).toBe(folded.weights.length);
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'ReLU', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
    const saved = await savedArtifacts(folded);
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
    expect(sameOutputs(folded, loaded)).toBe(0);
  });

  test('batchNorm: false keeps it, as a layer of tfjs', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({
      inputs: x,
      outputs: apply(new BatchNorm({ epsilon: 0.01 }), apply(conv(innerProduct), x)),
    });
    shake(model);
    const folded = foldModel(model, { batchNorm: false });
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'BatchNormalization']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test("tfjs's own batch norm folds too, with and without scale and center", () => {
    for (const args of [{}, { scale: false }, { center: false, epsilon: 0.1 }]) {
      const x = tfl.input({ shape: [8, 7, 2] });
      const norm = tfl.layers.batchNormalization(args);
      const model = tfl.model({
        inputs: x,
        outputs: apply(norm, apply(conv(innerProduct, { useBias: true }), x)),
      });
      shake(model);
      const folded = foldModel(model);
      expect(classes(folded)).toEqual(['InputLayer', 'Conv2D']);
      expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
    }
  });

  test.each([
    [
      'an activation in the layer',
      (x: tfl.SymbolicTensor) => apply(new BatchNorm(), apply(conv(innerProduct, { activation: 'relu' }), x)),
    ],
    [
      'a convolution used under two norms',
      (x: tfl.SymbolicTensor) => {
        const shared = conv(innerProduct);
        return apply(
          tfl.layers.add(),
          apply(new BatchNorm(), apply(shared, x)),
          apply(new BatchNorm(), apply(shared, x)),
        );
      },
    ],
    [
      'a convolution read elsewhere too',
      (x: tfl.SymbolicTensor) => {
        const y = apply(conv(innerProduct), x);
        return apply(tfl.layers.add(), apply(new BatchNorm(), y), y);
      },
    ],
  ])('batch norm stays behind %s', (_, build) => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({ inputs: x, outputs: build(x) });
    shake(model);
    const folded = foldModel(model);
    expect(classes(folded)).toContain('BatchNormalization');
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('strides and dilations above 1 stay a NeuSim layer with m = null', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const layer = conv(staticUns({ init: 'identity', l2: 0 }), { strides: 2, shape: dilated({ rate: 2 }) });
    const model = tfl.model({ inputs: x, outputs: apply(layer, x) });
    shake(model);
    const folded = foldModel(model);
    const kept = folded.layers[1] as NeuralSimilarityConv2D;
    expect([kept.getClassName(), kept.similarity.name]).toEqual(['NeuralSimilarityConv2D', 'inner-product']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('a dynamic similarity is refused, or kept with batch norm in its kernel', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const z = apply(tfl.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same' }), x);
    const model = tfl.model({ inputs: x, outputs: apply(new BatchNorm(), apply(conv(dynamicDns()), x, z)) });
    shake(model);
    const before = tf.memory().numTensors;
    expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'FOLD_DYNAMIC' }));
    expect(tf.memory().numTensors).toBe(before);
    const folded = foldModel(model, { dynamic: 'keep' });
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'NeuralSimilarityConv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test.each([
    ['offsets', { offsets: true, modulation: false }],
    ['modulation', { offsets: false, modulation: true }],
    ['both', { offsets: true, modulation: true }],
  ])('a shape of constant taps, with %s in two groups', (_, has) => {
    const spread = (count: number) =>
      tf.reshape(tf.linspace(-1.5, 1.2, count), [1, 1, 1, count]) as tf.Tensor4D;
    const shape: Shape = {
      name: 'constant',
      options: {},
      weights: () => [],
      taps: () => ({
        ...(has.offsets ? { offsets: spread(2 * 2 * 6) } : {}),
        ...(has.modulation ? { modulation: spread(2 * 6) } : {}),
      }),
    };
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({
      inputs: x,
      outputs: apply(conv(statics[2] as Similarity, { shape, strides: 2 }), x),
    });
    shake(model);
    const folded = foldModel(model);
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('weights that are frozen one by one are folded and copied as they are', () => {
    const x = tfl.input({ shape: [8, 7, 2] });
    // As many filters as taps: no shape tells M from the bias.
    const layer = conv(staticDns({ init: 'identity', l2: 0 }), { name: 'conv', filters: 9, useBias: true });
    const hidden = apply(new BatchNorm({ name: 'norm' }), apply(layer, x));
    const model = tfl.model({
      inputs: x,
      outputs: apply(tfl.layers.dense({ name: 'head', units: 9 }), hidden),
    });
    shake(model);
    const wanted = foldModel(model);
    for (const { role, variable } of describeWeights(model)) variable.trainable = role === 'similarity';
    expect(sameOutputs(wanted, foldModel(model))).toBe(0);
    expect(
      sameOutputs(
        model,
        rebuildModel(model, () => () => undefined),
      ),
    ).toBe(0);
  });

  test('a model inside the model is folded too', () => {
    const inner = tfl.input({ shape: [8, 7, 2] });
    const block = tfl.model({
      inputs: inner,
      outputs: apply(new BatchNorm(), apply(conv(innerProduct), inner)),
    });
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({ inputs: x, outputs: apply(tfl.layers.reLU(), apply(block, x)) });
    shake(model);
    const folded = foldModel(model);
    expect(classes(folded.layers[1] as tfl.LayersModel)).toEqual(['InputLayer', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('foldSimilarity scales taps by [K] and multiplies by Mᵀ for [K,K]', () => {
    const w = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
    expect([...foldSimilarity(w, tf.tensor1d([1, 0, 2, -1])).dataSync()]).toEqual([1, 0, 6, -4]);
    const m = tf.tensor2d([
      [0, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 0],
      [5, 0, 0, 0],
    ]);
    expect([...foldSimilarity(w, m).dataSync()]).toEqual([20, 1, 3, 0]);
    expect(() => foldSimilarity(w, tf.zeros([1, 1, 1, 4]))).toThrow(
      expect.objectContaining({ code: 'FOLD_DYNAMIC' }),
    );
    expect(() => foldSimilarity(w, tf.zeros([3]))).toThrow(
      expect.objectContaining({ code: 'SIMILARITY_SHAPE' }),
    );
  });
});
