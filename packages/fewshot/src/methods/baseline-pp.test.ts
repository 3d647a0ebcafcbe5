import { describeWeights, loadModel } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { CosineHead } from '../heads/cosine-head';
import fewshot from '../index';
import { accuracy, adaptingSuite, answers, build, newTask } from '../test/adapting';
import { parts, tinyBackbone } from '../test/tiny';
import type { BaselinePpOptions } from './baseline-pp';

const registry = createRegistry(fewshot);
const made = (options: Partial<BaselinePpOptions> = {}) =>
  registry.make('method', 'baseline-pp', { epochs: 3, ...options });

describe('baseline-pp', () => {
  beforeAll(async () => void (await start('wasm')));

  describe('with learned norms', () => adaptingSuite(made, tinyBackbone, { rate: 0.5 }));
  describe('with the norm 1', () =>
    adaptingSuite(() => made({ norm: 'one', scale: 10 }), tinyBackbone, { rate: 0.5 }));

  test('the length of an embedding changes nothing, in training and on a support', async () => {
    const learner = build(made(), tinyBackbone());
    const { support, query } = newTask();
    const [x, asked] = [learner.embed!(support.x as tf.Tensor4D), learner.embed!(query.x as tf.Tensor4D)];
    const classifier = await learner.fit({ x, labels: support.labels }, 3);
    const longer = await learner.fit({ x: tf.mul(x, 7), labels: support.labels }, 3);
    const wanted = await classifier.predict(asked).data();
    expect(relativeError(await longer.predict(tf.mul(asked, 0.2)).data(), wanted)).toBeLessThan(1e-5);
    const head = learner.model.getLayer('base_head');
    const logits = head.apply(x) as tf.Tensor;
    const scaled = head.apply(tf.mul(x, 5)) as tf.Tensor;
    expect(relativeError(await scaled.data(), await logits.data())).toBeLessThan(1e-5);
  });

  test('a logit is scale·g·cos, by hand', async () => {
    const layer = new CosineHead({ classes: 2, scale: 3, norm: 'learned' });
    layer.build([null, 2]);
    layer.setWeights([
      tf.tensor2d([
        [3, 0],
        [4, -2],
      ]),
      tf.tensor1d([0.5, 2]),
    ]);
    const logits = layer.apply(
      tf.tensor2d([
        [1, 0],
        [0, 10],
      ]),
    ) as tf.Tensor;
    expect(relativeError(await logits.data(), [3 * 0.5 * 0.6, 0, 3 * 0.5 * 0.8, -3 * 2])).toBeLessThan(1e-6);
  });

  test('g starts at the length of w, as weight normalisation does, or is no weight', async () => {
    const names = (norm: 'learned' | 'one') =>
      describeWeights(build(made({ norm }), tinyBackbone()).model)
        .map(({ name }) => name)
        .filter((name) => name.startsWith('base_head'));
    expect(names('learned')).toEqual(['base_head/kernel', 'base_head/gain']);
    expect(names('one')).toEqual(['base_head/kernel']);
    const [kernel, gain] = build(made(), tinyBackbone()).model.getLayer('base_head').getWeights();
    expect(relativeError(await gain!.data(), await tf.norm(kernel!, 2, 0).data())).toBeLessThan(1e-5);
  });

  test('the scale is 2, and 10 above 200 classes', async () => {
    const scaleOf = (classes: number, scale?: number) =>
      build(made({ scale }), tinyBackbone(), classes).model.getLayer('base_head').getConfig().scale;
    expect([scaleOf(200), scaleOf(201), scaleOf(201, 5)]).toEqual([2, 10, 5]);
  });

  test('one image a class is enough to leave the start: with the rate of Chen et al. the head does not', async () => {
    const { way, support } = newTask();
    const chosen = Int32Array.from({ length: way }, (_, label) => support.labels.indexOf(label));
    const one = { x: tf.gather(support.x, chosen), labels: Int32Array.from(chosen.keys()) };
    const meanLoss = async (options: Partial<BaselinePpOptions>) => {
      const task = { way, support: one, query: one };
      const logits = tf.tensor2d(
        await answers(build(made({ epochs: 100, ...options }), tinyBackbone()), task),
        [way, way],
      );
      return tf.losses.softmaxCrossEntropy(tf.oneHot(one.labels, way), logits).dataSync()[0]!;
    };
    const [own, theirs] = [await meanLoss({}), await meanLoss({ learningRate: 0.01 })];
    expect(own).toBeLessThan(theirs - 0.1);
  });

  test('learns its support, otherwise than a linear head', async () => {
    const { way, support } = newTask();
    const task = { way, support, query: support };
    const options = { epochs: 100 };
    const logits = await answers(build(made({ scale: 10, ...options }), tinyBackbone()), task);
    expect(accuracy(logits, task)).toBe(1);
    const linear = await answers(build(registry.make('method', 'finetune', options), tinyBackbone()), task);
    expect(relativeError(logits, linear)).toBeGreaterThan(0.1);
  });

  test('its network is saved and loaded', async () => {
    const { model } = build(made(), tinyBackbone());
    const x = tf.randomNormal([2, 12, 12, 1]);
    const embedding = tf.randomNormal([2, 36]);
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await loadModel(createRegistry(...parts), tf.io.fromMemory(saved!));
    const run = async (network: typeof model) =>
      Promise.all((network.apply([x, embedding]) as tf.Tensor[]).map(async (y) => [...(await y.data())]));
    expect(await run(loaded)).toEqual(await run(model));
  });
});
