import core, { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { accuracy, answers, build, newTask } from '../test/adapting';
import { logitsOf, points } from '../test/points';
import { bareBackbone, tinyBackbone } from '../test/tiny';
import type { FewShotMethod } from '../types';

const registry: AnyRegistry = createRegistry(core, fewshot);
const make = (options = {}) => registry.make('method', 'nearest-neighbour', options) as FewShotMethod;

describe('nearest-neighbour', () => {
  beforeAll(async () => {
    await start('wasm');
    await registry.ready();
  });

  test('asks the nearest example of each class, not their mean', async () => {
    const learner = build(make({ metric: 'euclidean' }), bareBackbone());
    const support = points([0, 0, 0], [7, 0, 1], [10, 0, 0]);
    // The mean of class 0 is (5, 0), twice as far as class 1 is.
    const [row] = await logitsOf(learner, support, points([9, 0, 0]), 2);
    expect(row![0]).toBeCloseTo(-1, 5);
    expect(row![1]).toBeCloseTo(-4, 5);
  });

  test('by the cosine of embeddings, unless told otherwise', async () => {
    const learner = build(make(), bareBackbone());
    const [row] = await logitsOf(learner, points([1, 1, 0], [0, 5, 1], [-1, 0, 1]), points([3, 4, 0]), 2);
    expect(row![0]).toBeCloseTo(7 / (5 * Math.SQRT2), 3);
    expect(row![1]).toBeCloseTo(4 / 5, 3);
  });

  test('on pixels nothing is trained, and nothing has weights', async () => {
    const before = tf.memory().numTensors;
    const method = make({ on: 'pixels' });
    const learner = build(method, tinyBackbone());
    expect([method.trainedBy, learner.training]).toEqual(['nothing', { by: 'nothing' }]);
    expect(describeWeights(learner.model)).toEqual([]);
    const x = tf.ones<tf.Rank.R4>([2, 12, 12, 1]);
    const embedded = learner.embed?.(x) as tf.Tensor;
    expect(embedded.shape).toEqual([2, 144]);
    const task = newTask();
    expect(accuracy(await answers(learner, task), task)).toBe(1);
    tf.dispose([x, embedded, task.support.x, task.query.x]);
    disposeModel(learner.model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('on what are no images but vectors, too; not on what has no size', async () => {
    const vector = (size: number | null) => {
      const x = input({ shape: [size] });
      const y = layers.activation({ activation: 'linear' }).apply(x) as SymbolicTensor;
      return makeModel({ inputs: x, outputs: y });
    };
    const learner = build(make({ on: 'pixels' }), vector(2));
    const classifier = await learner.fit({ x: tf.eye(2), labels: Int32Array.of(0, 1) }, 2);
    const [row] = await classifier.predict(tf.tensor2d([[4, 0]])).array();
    expect(row![0]).toBeGreaterThan(row![1]!);
    expect(() => build(make({ on: 'pixels' }), vector(null))).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
  });

  test('a metric that nothing would train is refused', () => {
    for (const metric of ['static-dns', 'dynamic-dns', 'static-bilinear'])
      expect(() => make({ metric })).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          data: expect.objectContaining({ path: 'metric' }),
        }),
      );
  });
});
