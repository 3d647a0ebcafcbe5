import { describeWeights } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { embeddings } from '../backbones/backbone';
import { headOf } from '../heads/head';
import { fitHead } from '../heads/linear-head';
import fewshot from '../index';
import { accuracy, adaptingSuite, answers, build, newTask, readBy } from '../test/adapting';
import { tinyBackbone } from '../test/tiny';
import type { FinetuneOptions } from './finetune';

const registry = createRegistry(fewshot);
const made = (options: Partial<FinetuneOptions> = {}) =>
  registry.make('method', 'finetune', { epochs: 3, ...options });

describe('finetune', () => {
  beforeAll(async () => void (await start('wasm')));

  describe('the head', () => adaptingSuite(made, tinyBackbone));
  describe('all', () => adaptingSuite(() => made({ adapt: 'all' }), tinyBackbone));

  test('has the steps of Chen et al., but for the start and the rate', () => {
    expect(registry.make('method', 'finetune').options).toEqual({
      adapt: 'head',
      linearStart: 'zeros',
      learningRate: 'auto',
      momentum: 0.9,
      dampening: 0.9,
      weightDecay: 1e-3,
      batchSize: 4,
      epochs: 100,
      networkRate: 1,
    });
  });

  test.each(['zeros', 'uniform'] as const)(
    'the head alone is softmax regression, from %s, on embeddings that stand',
    async (start) => {
      const [backbone, task] = [tinyBackbone(), newTask()];
      const method = made({ linearStart: start });
      const learner = build(method, backbone);
      const { weights, perClass } = await fitHead(
        { x: embeddings(backbone, task.support.x), labels: task.support.labels },
        3,
        headOf('linear', start),
        method.options as never,
        { seed: 4 },
      );
      const wanted = tf.add(
        tf.matMul(embeddings(backbone, task.query.x), tf.transpose(tf.tensor2d(weights, [3, 36]))),
        tf.tensor1d(perClass),
      );
      expect(relativeError(await answers(learner, task, 4), await wanted.data())).toBeLessThan(1e-5);
    },
  );

  test('finds the classes of a task', async () => {
    const task = newTask();
    const learner = build(registry.make('method', 'finetune', { learningRate: 0.05 }), tinyBackbone());
    expect(accuracy(await answers(learner, task), task)).toBeGreaterThan(0.8);
  });

  test('the whole network answers otherwise than the head alone, from the same start and in the same order', async () => {
    const task = newTask();
    const of = (adapt: 'head' | 'all', learningRate: number, networkRate = 1) =>
      answers(build(made({ adapt, learningRate, networkRate, weightDecay: 0 }), tinyBackbone()), task);
    expect(relativeError(await of('all', 0.05), await of('head', 0.05))).toBeGreaterThan(1e-2);
    // With a network that hardly moves they are one.
    expect(relativeError(await of('all', 0.05, 1e-9), await of('head', 0.05))).toBeLessThan(1e-5);
  });

  test.each([1, 12])(
    'the rate `auto` of the whole network is that of the head on the embeddings it starts from, of 6·%i images',
    async (times) => {
      const { way, support, query } = newTask();
      const x = tf.tile(support.x, [times, 1, 1, 1]);
      const labels = Int32Array.from(
        { length: x.shape[0]! },
        (_, i) => support.labels[i % support.labels.length]!,
      );
      const task = { way, support: { x, labels }, query };
      const of = (adapt: 'head' | 'all') =>
        answers(build(made({ adapt, networkRate: 1e-9 }), tinyBackbone()), task);
      expect(relativeError(await of('all'), await of('head'))).toBeLessThan(1e-5);
    },
  );

  test('what is not trainable stands, and the rest moves', async () => {
    const [backbone, task] = [tinyBackbone(), newTask()];
    backbone.layers.find(({ name }) => name === 'stage2_conv1')!.trainable = false;
    const learner = build(made({ adapt: 'all', learningRate: 0.1 }), backbone);
    const frozen = describeWeights(backbone).filter(({ trainable }) => !trainable);
    expect(frozen.map(({ name }) => name)).toContain('stage2_conv1/kernel');
    const classifier = await learner.fit(task.support, 3);
    // What the classifier owns is not read off the learner's weights.
    expect(readBy(backbone, () => tf.dispose(classifier.predict(task.query.x)))).toEqual(
      frozen
        .map(({ name }) => name)
        .filter((name) => !name.endsWith('/seen'))
        .sort(),
    );
    classifier.dispose();
  });
});
