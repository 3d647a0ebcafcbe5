import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { randomNormal, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { parts, tinyPool, tinyTask } from '../test/tiny';
import { buildLearner } from '../training/learner-recipe';
import type { FewShotMethod } from '../types';
import { mapOf } from './backbone';
import { functionBackbone } from './function-backbone';
import { type MobilenetObject, mobilenetBackbone } from './mobilenet';

const registry = createRegistry(...parts, fewshot);
beforeAll(async () => {
  await start('wasm');
  await registry.ready();
});

/** Of v1's form, from the first convolution to the softmax, on images of 16×16: depthwise parts and norms off their start. */
function tinyMobilenet(last = 'conv_pw_13_relu'): tfl.LayersModel {
  const then = (x: tfl.SymbolicTensor, ...made: tfl.layers.Layer[]) =>
    made.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
  const kernelInitializer = tfl.initializers.heNormal({ seed: 1 });
  const conv = {
    kernelInitializer,
    depthwiseInitializer: kernelInitializer,
    padding: 'same',
    useBias: false,
  } as const;
  const x = tfl.input({ shape: [16, 16, 3] });
  const map = then(
    x,
    tfl.layers.conv2d({ ...conv, name: 'conv1', filters: 4, kernelSize: 3, strides: 2 }),
    tfl.layers.batchNormalization({ name: 'conv1_bn' }),
    tfl.layers.reLU({ name: 'conv1_relu', maxValue: 6 }),
    tfl.layers.depthwiseConv2d({ ...conv, name: 'conv_dw_13', kernelSize: 3, strides: 2 }),
    tfl.layers.batchNormalization({ name: 'conv_dw_13_bn', scale: false }),
    tfl.layers.conv2d({ ...conv, name: 'conv_pw_13', filters: 5, kernelSize: 1 }),
    tfl.layers.batchNormalization({ name: 'conv_pw_13_bn', center: false }),
    tfl.layers.reLU({ name: last, maxValue: 6 }),
  );
  const y = then(
    map,
    tfl.layers.globalAveragePooling2d({ name: 'global_average_pooling2d_1', dataFormat: 'channelsLast' }),
    tfl.layers.reshape({ name: 'reshape_1', targetShape: [1, 1, 5] }),
    tfl.layers.dropout({ name: 'dropout', rate: 0.5 }),
    tfl.layers.conv2d({ name: 'conv_preds', filters: 10, kernelSize: 1 }),
    tfl.layers.reshape({ name: 'reshape_2', targetShape: [10] }),
    tfl.layers.activation({ name: 'act_softmax', activation: 'softmax' }),
  );
  const network = tfl.model({ name: 'tiny_mobilenet', inputs: x, outputs: y });
  for (const [i, { name, variable }] of describeWeights(network).entries())
    if (/_bn\//.test(name)) {
      const noise = toTensor(randomNormal(variable.shape as number[], i, 1, 0.2));
      variable.write(noise);
      noise.dispose();
    }
  return network;
}

const images = (shape: [number, number, number, number]) =>
  tf.randomUniform(shape, 0, 1, 'float32', 3) as tf.Tensor4D;

/** The average of its map, of images [B,H,W,3] in 0..1, by tfjs alone. */
function reference(network: tfl.LayersModel, x: tf.Tensor4D): number[] {
  const map = tfl.model({ inputs: network.inputs, outputs: network.getLayer('conv_pw_13_relu').output });
  return tf.tidy(() => {
    const prepared = tf.sub(tf.mul(tf.image.resizeBilinear(x, [16, 16], true), 2), 1);
    return [...tf.mean(map.predict(prepared) as tf.Tensor, [1, 2]).dataSync()];
  });
}

describe('a LayersModel', () => {
  test('images resized and scaled to -1..1, its last map averaged; nothing of the head is left', () => {
    const before = tf.memory().numTensors;
    const network = tinyMobilenet();
    const x = images([2, 12, 14, 3]);
    const wanted = reference(network, x);
    const backbone = mobilenetBackbone(network, { inputShape: [12, 14, 3] });
    const y = backbone.predict(x) as tf.Tensor;
    expect(y.shape).toEqual([2, 5]);
    expect(relativeError(y.dataSync(), wanted)).toBeLessThan(1e-5);
    expect(mapOf(backbone).outputs[0]?.shape).toEqual([null, 4, 4, 5]);
    tf.dispose([x, y]);
    disposeModel(backbone);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('training leaves it as it is: weights, statistics, and what it gives', () => {
    const backbone = mobilenetBackbone(tinyMobilenet(), { inputShape: [16, 16, 3] });
    expect(backbone.trainableWeights).toEqual([]);
    const x = images([4, 16, 16, 3]);
    const [inference, training] = [false, true].map(
      (training) => backbone.apply(x, { training }) as tf.Tensor,
    );
    expect([...training!.dataSync()]).toEqual([...inference!.dataSync()]);
    expect([...(backbone.predict(x) as tf.Tensor).dataSync()]).toEqual([...inference!.dataSync()]);
    x.dispose();
    disposeModel(backbone);
  });

  test('grey images, bytes, and another layer', () => {
    const x = images([2, 16, 16, 1]);
    const colour = tf.tile(x, [1, 1, 1, 3]) as tf.Tensor4D;
    const wanted = reference(tinyMobilenet(), colour);
    const grey = mobilenetBackbone(tinyMobilenet(), { inputShape: [16, 16, 1], range: [0, 255] });
    const met = grey.predict(tf.mul(x, 255)) as tf.Tensor;
    expect(relativeError(met.dataSync(), wanted)).toBeLessThan(1e-5);
    const early = mobilenetBackbone(tinyMobilenet(), { inputShape: [16, 16, 3], layer: 'conv1_relu' });
    expect(early.outputs[0]?.shape).toEqual([null, 4]);
    const other = mobilenetBackbone(tinyMobilenet('out_relu'), { inputShape: [16, 16, 3] });
    expect(other.outputs[0]?.shape).toEqual([null, 5]);
    for (const each of [grey, early, other]) disposeModel(each);
  });

  test.each([
    [{ inputShape: [16, 16, 4] }, undefined, 'images'],
    [{ inputShape: [16, 16, 3], layer: 'conv_pw_14_relu' }, undefined, 'conv_pw_14_relu'],
    [{ inputShape: [16, 16, 3], layer: 'act_softmax' }, undefined, 'no map'],
    [{ inputShape: [16, 16, 3] }, 'last', 'conv_pw_13_relu'],
  ])('%j is refused', (options, last, told) => {
    const network = tinyMobilenet(last);
    expect(() => mobilenetBackbone(network, options)).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE', message: expect.stringContaining(told) }),
    );
    disposeModel(network);
  });

  test('under a method, in this thread and made anew of its recipe', async () => {
    const backbone = mobilenetBackbone(tinyMobilenet(), { inputShape: [12, 12, 1] });
    const topology = backbone.toJSON(null, false) as object;
    const method = registry.make('method', 'proto-net') as FewShotMethod;
    const learner = method.build({ backbone, classes: 8, way: 3, seed: 1 });
    const recipe = { method: { name: 'proto-net' }, backbone: topology, classes: 8, way: 3, seed: 1 };
    const other = await buildLearner(registry, recipe);
    other.model.setWeights(learner.model.getWeights());
    const { support, query } = tinyTask(tinyPool());
    const answers = await Promise.all(
      [learner, other].map(async ({ embed, fit }) => {
        const classifier = await fit({ ...support, x: embed!(support.x as tf.Tensor4D) }, 3);
        return [...classifier.predict(embed!(query.x as tf.Tensor4D)).dataSync()];
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    for (const { model } of [learner, other]) disposeModel(model);
  });
});

describe('what is no LayersModel', () => {
  test('the object of @tensorflow-models/mobilenet gets bytes, and gives its embedding', async () => {
    const network = tinyMobilenet();
    const mobilenet: MobilenetObject = {
      infer(x, embedding) {
        expect(embedding).toBe(true);
        const range = tf.tidy(() => [tf.min(x).dataSync()[0]!, tf.max(x).dataSync()[0]!]);
        if (range[1]! > 0) expect(range[1]).toBeGreaterThan(200);
        return tf.tidy(() => tf.tensor2d(reference(network, tf.div(x, 255)), [x.shape[0], 5]));
      },
    };
    const x = images([2, 16, 16, 3]);
    const wanted = reference(network, x);
    const backbone = mobilenetBackbone(mobilenet, { inputShape: [16, 16, 3] });
    const before = tf.memory().numTensors;
    const y = backbone.predict(x) as tf.Tensor;
    expect(relativeError(y.dataSync(), wanted)).toBeLessThan(1e-5);
    y.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(backbone.weights).toEqual([]);
    disposeModel(backbone);
    // The caller's still.
    expect(network.predict(x)).toBeDefined();
    disposeModel(network);
  });

  test('a head on it learns; another thread cannot have it', async () => {
    const embed = (x: tf.Tensor4D) => tf.mean(x, 2);
    expect(() => functionBackbone(embed, { inputShape: [12, 12, 1] })).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE', message: expect.stringContaining('[2,12,1]') }),
    );
    const backbone = functionBackbone((x) => tf.reshape(embed(x), [-1, 12]), { inputShape: [12, 12, 1] });
    const topology = backbone.toJSON(null, false) as object;
    const method = registry.make('method', 'proto-net', { metric: 'static-bilinear' }) as FewShotMethod;
    const learner = method.build({ backbone, classes: 8, way: 3, seed: 1 });
    const { training } = learner;
    if (training.by !== 'episodes') throw new Error(training.by);
    const weights = learner.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => training.loss(tinyTask(tinyPool())), weights);
    expect(Object.values(grads).some((each) => each.dataSync().some((value) => value !== 0))).toBe(true);
    const recipe = { method: { name: 'proto-net' }, backbone: topology, classes: 8, way: 3, seed: 1 };
    await expect(buildLearner(registry, recipe)).rejects.toMatchObject({ code: 'FEWSHOT_BACKBONE' });
    disposeModel(learner.model);
  });
});
