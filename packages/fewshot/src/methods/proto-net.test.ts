import core from '@neusim/core';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { build } from '../test/adapting';
import { logitsOf, points } from '../test/points';
import { bareBackbone, tinyBackbone } from '../test/tiny';
import type { FewShotMethod } from '../types';

const registry: AnyRegistry = createRegistry(core, fewshot);
/** No map, and nothing that says where one is. */
const headed = () => {
  const x = input({ shape: [1, 1, 2] });
  return model({ inputs: x, outputs: layers.flatten().apply(x) as SymbolicTensor });
};
const make = (options = {}) => registry.make('method', 'proto-net', options) as FewShotMethod;

describe('proto-net', () => {
  beforeAll(async () => {
    await start('cpu');
    await registry.ready();
  });

  const support = () => points([0, 0, 0], [0, 4, 1], [2, 0, 0]);
  const query = () => points([1, 1, 0], [0, 4, 1]);

  test('answers by minus the squared distance to the class means', async () => {
    const learner = build(make(), bareBackbone());
    const [near, at] = await logitsOf(learner, support(), query(), 2);
    expect(near![0]).toBeCloseTo(-1, 5);
    expect(near![1]).toBeCloseTo(-10, 5);
    expect(at![0]).toBeCloseTo(-17, 5);
    expect(at![1]).toBeCloseTo(0, 5);
  });

  test('learns by the cross-entropy of episodes', async () => {
    const { training } = build(make({ scale: 0.5 }), bareBackbone());
    if (training.by !== 'episodes') throw new Error('not by episodes');
    const [loss] = await training.loss({ way: 2, support: support(), query: query() }).data();
    const expected = (Math.log(1 + Math.exp(-4.5)) + Math.log(1 + Math.exp(-8.5))) / 2;
    expect(loss).toBeCloseTo(expected, 6);
  });

  test('with another metric: its M is what turns the answer', async () => {
    const learner = build(make({ metric: 'static-bilinear' }), bareBackbone());
    expect(await logitsOf(learner, support(), query(), 2)).toEqual([
      [1, 4],
      [0, 16],
    ]);
    const m = learner.model.trainableWeights.find(({ name }) => /similarity/.test(name))!;
    m.write(tf.tensor2d([0, 3, 0, 0], [2, 2]));
    // Wᵀ·M·x = 3·w[0]·x[1]
    expect(await logitsOf(learner, support(), query(), 2)).toEqual([
      [3, 0],
      [12, 0],
    ]);
  });

  test('a map is compared tap by tap, where there is one', async () => {
    const learner = build(make({ on: 'map', metric: 'static-uns' }), tinyBackbone());
    const x = tf.ones<tf.Rank.R4>([2, 12, 12, 1]);
    expect(learner.embed?.(x).shape).toEqual([2, 3, 3, 4]);
    expect(learner.model.trainableWeights.some(({ shape }) => shape.join() === '9,9')).toBe(true);
    expect(() => build(make({ on: 'map' }), headed())).toThrow(
      expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }),
    );
  });

  test('refuses a task that is none, and names the metric it does not know', () => {
    const { training } = build(make(), bareBackbone());
    if (training.by !== 'episodes') throw new Error('not by episodes');
    const bad = expect.objectContaining({ code: 'FEWSHOT_BAD_SUPPORT' });
    expect(() => training.loss({ way: 3, support: support(), query: query() })).toThrow(bad);
    expect(() => training.loss({ way: 2, support: support(), query: points([0, 0, 2]) })).toThrow(bad);
    expect(() => make({ metric: 'euclidian' })).toThrow(/euclidean/);
  });
});
