import { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { embeddings } from '../backbones/backbone';
import fewshot from '../index';
import { adaptingSuite, answers, build, newTask, readBy } from '../test/adapting';
import { descend, withoutGradient } from '../test/learning';
import { tinyBackbone } from '../test/tiny';
import type { DynamicNsnOptions } from './dynamic-nsn';

const registry = createRegistry(fewshot);
const made = (options: Partial<DynamicNsnOptions> = {}) =>
  registry.make('method', 'dynamic-nsn', { epochs: 3, ...options });

/** With predictors that have learned something: as made, M = I. */
function dynamic() {
  const backbone = tinyBackbone({
    similarity: 'dynamic-dns',
    predictor: { name: 'sphere', hidden: 4 },
  });
  for (const [seed, { variable }] of predictors(backbone).entries()) {
    const shape = variable.shape as number[];
    tf.tidy(() => void variable.write(tf.randomNormal(shape, 0.2, 0.3, 'float32', seed + 1)));
  }
  return backbone;
}

const predictors = (backbone: LayersModel) =>
  describeWeights(backbone).filter(({ layer, trainable }) => layer.includes('_predictor_') && trainable);

describe('dynamic-nsn', () => {
  beforeAll(async () => void (await start('wasm')));

  describe('a linear head', () => adaptingSuite(made, dynamic));
  describe('predictors too', () =>
    adaptingSuite(() => made({ adapt: 'predictor', head: 'cosine' }), dynamic));
  describe('prototypes', () => adaptingSuite(() => made({ head: 'prototypes' }), dynamic, { steps: false }));

  test('what the predictors give is part of the answer: with M = I it is another', async () => {
    const task = newTask();
    const [learned, flat] = [dynamic(), dynamic()];
    for (const { variable } of predictors(flat)) variable.write(tf.zeros(variable.shape as number[]));
    const difference = relativeError(
      await answers(build(made(), learned), task),
      await answers(build(made(), flat), task),
    );
    expect(difference).toBeGreaterThan(1e-2);
    const plain = tinyBackbone();
    const embedding = await embeddings(plain, task.query.x).data();
    expect(relativeError(await embeddings(flat, task.query.x).data(), embedding)).toBeLessThan(1e-5);
  });

  test('what moves on the support is what `adapt` says', async () => {
    const task = newTask();
    const owned = async (adapt: 'predictor' | 'all') => {
      const backbone = dynamic();
      const classifier = await build(made({ adapt, learningRate: 0.1 }), backbone).fit(task.support, 3);
      const read = readBy(backbone, () => tf.dispose(classifier.predict(task.query.x)));
      classifier.dispose();
      return describeWeights(backbone)
        .filter(({ name, trainable }) => trainable && !read.includes(name))
        .map(({ name }) => name);
    };
    expect(await owned('predictor')).toEqual(predictors(dynamic()).map(({ name }) => name));
    expect(await owned('all')).toEqual(
      describeWeights(dynamic())
        .filter(({ trainable }) => trainable)
        .map(({ name }) => name),
    );
    const options = { learningRate: 0.1 };
    const [head, predictor, all] = await Promise.all(
      (['head', 'predictor', 'all'] as const).map((adapt) =>
        answers(build(made({ adapt, ...options }), dynamic()), task),
      ),
    );
    expect(relativeError(predictor!, head!)).toBeGreaterThan(1e-3);
    expect(relativeError(all!, predictor!)).toBeGreaterThan(1e-3);
  });

  test('trained by episodes, it reaches every weight by the loss of prototypical networks', async () => {
    const task = newTask();
    const before = tf.memory().numTensors;
    const method = made({ training: 'episodes', head: 'prototypes' });
    const learner = build(method, dynamic());
    expect([method.trainedBy, learner.training.by]).toEqual(['episodes', 'episodes']);
    if (learner.training.by !== 'episodes') return;
    const { loss } = learner.training;
    expect(await withoutGradient(learner.model, () => loss(task))).toEqual([]);
    const wanted = tf.tidy(() => {
      const all = embeddings(learner.model, tf.concat([task.support.x, task.query.x]), true);
      const [support, query] = tf.split(all, [6, 9]) as [tf.Tensor2D, tf.Tensor2D];
      const means = tf.mean(tf.reshape(support, [3, 2, 36]), 1);
      const distances = tf.sum(
        tf.square(tf.sub(tf.reshape(query, [9, 1, 36]), tf.reshape(means, [1, 3, 36]))),
        2,
      );
      const labels = tf.oneHot(tf.tensor1d(task.query.labels, 'int32'), 3);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(tf.neg(distances)), labels), 1)));
    });
    const got = loss(task);
    expect((await got.data())[0]!).toBeCloseTo((await wanted.data())[0]!, 3);
    const losses = await descend(learner.model, () => loss(task), 0.01);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    tf.dispose([got, wanted]);
    disposeModel(learner.model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what does not go together is refused', () => {
    expect(() => made({ head: 'prototypes', adapt: 'all' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', data: expect.objectContaining({ path: 'adapt' }) }),
    );
    for (const backbone of [tinyBackbone(), tinyBackbone({ similarity: 'static-uns' })])
      expect(() => build(made(), backbone)).toThrow(expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }));
  });
});
