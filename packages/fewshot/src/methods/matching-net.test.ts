import core, { describeWeights } from '@neusim/core';
import { permutation, random, streams } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import { type NdArray, randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import fewshot from '../index';
import { joinModels } from '../join-models';
import { fullContext } from '../modules/full-context';
import { build } from '../test/adapting';
import { logitsOf, points } from '../test/points';
import { slopeError, slopeOf } from '../test/slopes';
import { bareBackbone } from '../test/tiny';
import type { Examples, FewShotMethod } from '../types';

const registry: AnyRegistry = createRegistry(core, fewshot);
beforeAll(() => registry.ready());
const make = (options = {}) => registry.make('method', 'matching-net', options) as FewShotMethod;

describe('matching-net', () => {
  beforeAll(() => start('cpu'));

  const support = () => points([1, 0, 0], [0, 2, 1], [0, -5, 0]);
  const query = () => points([3, 0, 0]);

  test('sums the attention over the examples of each class: no attention to their mean', async () => {
    const learner = build(make({ scale: 1 }), bareBackbone());
    const [row] = await logitsOf(learner, support(), query(), 2);
    const total = Math.E + 1 + 1;
    expect(row![0]).toBeCloseTo(Math.log((Math.E + 1) / total), 4);
    expect(row![1]).toBeCloseTo(Math.log(1 / total), 4);
    if (learner.training.by !== 'episodes') throw new Error('not by episodes');
    const [loss] = await learner.training.loss({ way: 2, support: support(), query: query() }).data();
    expect(loss).toBeCloseTo(-row![0]!, 5);
  });

  test('where float32 has no attention left for a class, its logit is exact, and it still learns', async () => {
    const learner = build(make({ metric: 'inner-product', scale: 1e3 }), bareBackbone());
    const [row] = await logitsOf(learner, support(), query(), 2);
    expect(row![0]).toBeCloseTo(0, 5);
    expect(row![1]).toBeCloseTo(-3000, 2);
    const { training } = learner;
    if (training.by !== 'episodes') throw new Error('not by episodes');
    const wrong = Int32Array.of(1);
    const slope = tf.grad((x) => training.loss({ way: 2, support: support(), query: { x, labels: wrong } }));
    // 1000·((1, 0) − (0, 2))
    expect([...(await slope(query().x).data())]).toEqual([1000, -2000]);
  });

  test('with full contexts an answer depends on the whole support, and its order is drawn by the seed', async () => {
    const learner = build(make({ fullContext: true, steps: 2 }), bareBackbone());
    const other = points([1, 0, 0], [0, 2, 1], [4, -5, 0]);
    const context = async (of: Examples, seed: number) => {
      const classifier = await learner.fit({ x: tf.reshape(of.x, [3, 2]), labels: of.labels }, 2, { seed });
      const values = await classifier.predict(tf.tensor2d([[3, 0]])).data();
      expect(classifier.addClass).toBeUndefined();
      classifier.dispose();
      return Array.from(values);
    };
    const first = await context(support(), 1);
    expect(await context(support(), 1)).toEqual(first);
    expect(await context(other, 1)).not.toEqual(first);
    const seeds = await Promise.all([2, 3, 4].map((seed) => context(support(), seed)));
    expect(seeds.some((each) => each.join() !== first.join())).toBe(true);
    const order = (seed: number) => [...permutation(random(seed, streams.supportOrder, 3), 3)];
    expect(new Set([1, 2, 3, 4].map((seed) => order(seed).join())).size).toBeGreaterThan(1);
  });
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** One step in float64. @param x all that is read. */
function step(x: number[], c: number[], { data }: NdArray, bias: Float64Array): { h: number[]; c: number[] } {
  const units = c.length;
  const gate = (number: number, unit: number) => {
    const column = number * units + unit;
    return x.reduce((sum, value, row) => sum + value * data[row * 4 * units + column]!, bias[column]!);
  };
  const next = c.map((value, u) => sigmoid(gate(1, u)) * value + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)));
  return { c: next, h: next.map((value, u) => sigmoid(gate(3, u)) * Math.tanh(value)) };
}

onEachEngine('full contexts', () => {
  const [D, N, K] = [3, 4, 2];
  const rowsOf = ({ data }: NdArray) =>
    Array.from({ length: data.length / D }, (_, i) => Array.from(data.subarray(i * D, (i + 1) * D)));

  test('are the equations of appendix A', async () => {
    const context = fullContext(D, K, 1);
    const model = joinModels('contexts', context.models);
    const weights = new Map(
      describeWeights(model).map(({ name, variable }, i) => {
        const values = randomNormal(variable.shape as number[], 30 + i);
        variable.write(toTensor(values));
        return [name, values];
      }),
    );
    const lstm = (name: string) => (x: number[], c: number[]) =>
      step(x, c, weights.get(`${name}/kernel`)!, weights.get(`${name}/bias`)!.data);
    const [support, query] = [randomNormal([N, D], 1), randomNormal([2, D], 2)];

    const along = (name: string, rows: number[][]) => {
      let state = { h: Array<number>(D).fill(0), c: Array<number>(D).fill(0) };
      return rows.map((row) => {
        state = lstm(name)([...row, ...state.h], state.c);
        return state.h;
      });
    };
    const ahead = along('context_forward', rowsOf(support));
    const back = along('context_backward', rowsOf(support).toReversed()).toReversed();
    const g = rowsOf(support).map((row, i) => row.map((value, u) => value + ahead[i]![u]! + back[i]![u]!));
    const f = rowsOf(query).map((row) => {
      let state = { h: Array<number>(D).fill(0), c: Array<number>(D).fill(0) };
      for (let k = 0; k < K; k++) {
        const powers = g.map((each) =>
          Math.exp(each.reduce((sum, value, u) => sum + value * state.h[u]!, 0)),
        );
        const total = powers.reduce((a, b) => a + b, 0);
        const read = row.map((_, u) => g.reduce((sum, each, i) => sum + (powers[i]! / total) * each[u]!, 0));
        const { h, c } = lstm('context_attention')([...row, ...state.h, ...read], state.c);
        state = { c, h: h.map((value, u) => value + row[u]!) };
      }
      return state.h;
    });

    const embedded = context.support(toTensor(support) as tf.Tensor2D);
    const asked = context.query(toTensor(query) as tf.Tensor2D, embedded);
    const off = async (tensor: tf.Tensor, rows: number[][]) => {
      const values = await tensor.data();
      return Math.max(...rows.flat().map((value, i) => Math.abs(value - values[i]!)));
    };
    expect(await off(embedded, g)).toBeLessThan(1e-5);
    expect(await off(asked, f)).toBeLessThan(1e-5);
    disposeModel(model);
  });
});

describe('full contexts', () => {
  beforeAll(() => start('wasm'));

  test('have gradients of both orders', async () => {
    const context = fullContext(2, 2, 1);
    const [support, query] = [randomNormal([3, 2], 1), randomNormal([2, 2], 2)].map((a) => toTensor(a));
    const f = (...[s, q]: tf.Tensor[]) =>
      tf.sum(tf.square(context.query(q as tf.Tensor2D, context.support(s as tf.Tensor2D)))) as tf.Scalar;
    expect(await slopeError(f, [support!, query!])).toBeLessThan(2e-3);
    expect(await slopeError(slopeOf(f), [support!, query!])).toBeLessThan(5e-3);
    for (const model of context.models) disposeModel(model);
  });
});
