import core, { describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import {
  convolutionForward,
  maxPoolForward,
  type NdArray,
  ndArray,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import fewshot from '../index';
import { joinModels } from '../join-models';
import { relationModule } from '../modules/relation-module';
import { build, newTask } from '../test/adapting';
import { logitsOf } from '../test/points';
import { tinyBackbone } from '../test/tiny';
import type { FewShotMethod } from '../types';

const registry: AnyRegistry = createRegistry(core, fewshot);
const make = (options = {}) =>
  registry.make('method', 'relation-net', { filters: 3, hidden: 2, ...options }) as FewShotMethod;

/** A backbone whose map is the image. */
const mapBackbone = (shape: readonly [number, number, number]) => {
  const x = input({ name: 'image', shape: [...shape] });
  const same = layers.activation({ name: 'same', activation: 'linear' }).apply(x) as SymbolicTensor;
  return makeModel({ name: 'map', inputs: x, outputs: same });
};
/** A backbone that was never a map. */
const vectors = () => {
  const x = input({ name: 'vector', shape: [4] });
  const same = layers.activation({ name: 'embedding', activation: 'linear' }).apply(x) as SymbolicTensor;
  return makeModel({ name: 'vectors', inputs: x, outputs: same });
};

const [H, W, C, FILTERS, HIDDEN] = [4, 5, 2, 3, 2];

onEachEngine('the relation module', () => {
  test('scores the concatenation of class and query, as the paper draws it', async () => {
    const relation = relationModule([H, W, C], { filters: FILTERS, hidden: HIDDEN, normDecay: 0.9 }, 1);
    const model = joinModels('relation', relation.models);
    const weights = new Map(
      describeWeights(model).map(({ name, variable }, i) => {
        const values = randomNormal(variable.shape as number[], 20 + i);
        if (/variance|seen/.test(name))
          for (const [j, v] of values.data.entries()) values.data[j] = v * v + 0.5;
        variable.write(toTensor(values));
        return [name, values] as const;
      }),
    );
    const of = (name: string) => weights.get(name)!;
    const [query, classes] = [randomNormal([2, H, W, C], 1), randomNormal([3, H, W, C], 2)];

    /** Convolution, batch norm, ReLU, max-pool. */
    const block = (x: NdArray, w: NdArray, name: string): NdArray => {
      const y = convolutionForward({ x, w, m: null }, { strides: [1, 1], pad: 'same', dilations: [1, 1] });
      const filters = w.shape[3]!;
      for (const [i, value] of y.data.entries()) {
        const f = i % filters;
        const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
          (each) => of(`${name}_bn/${each}`).data[f]!,
        ) as [number, number, number, number];
        y.data[i] = Math.max(0, (gamma * (value - mean)) / Math.sqrt(variance + 1e-3) + beta);
      }
      return maxPoolForward(y, { window: [2, 2], strides: [2, 2], pad: 'valid' });
    };
    /** The halves of the paper's one kernel, for the class's channels and the query's. */
    const both = ndArray([3, 3, 2 * C, FILTERS]);
    for (let tap = 0; tap < 9; tap++)
      for (const [half, name] of ['class', 'query'].entries())
        both.data.set(
          of(`relation_conv1_${name}/kernel`).data.subarray(tap * C * FILTERS, (tap + 1) * C * FILTERS),
          (tap * 2 + half) * C * FILTERS,
        );
    const size = H * W * C;
    const expected: number[] = [];
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) {
        const pair = ndArray([1, H, W, 2 * C]);
        for (let p = 0; p < H * W; p++) {
          pair.data.set(classes.data.subarray(j * size + p * C, j * size + (p + 1) * C), p * 2 * C);
          pair.data.set(query.data.subarray(i * size + p * C, i * size + (p + 1) * C), p * 2 * C + C);
        }
        const last = block(
          block(pair, both, 'relation_conv1'),
          of('relation_conv2/kernel'),
          'relation_conv2',
        );
        const hidden = Array.from({ length: HIDDEN }, (_, unit) =>
          last.data.reduce(
            (sum, value, k) => sum + value * of('relation_fc1/kernel').data[k * HIDDEN + unit]!,
            of('relation_fc1/bias').data[unit]!,
          ),
        );
        const score = hidden.reduce(
          (sum, value, unit) => sum + Math.max(0, value) * of('relation_fc2/kernel').data[unit]!,
          of('relation_fc2/bias').data[0]!,
        );
        expected.push(1 / (1 + Math.exp(-score)));
      }
    const scores = await relation
      .score(toTensor(query) as tf.Tensor4D, toTensor(classes) as tf.Tensor4D)
      .data();
    for (const [i, value] of expected.entries()) expect(scores[i]).toBeCloseTo(value, 5);
    expect(new Set(expected.map((value) => value.toFixed(3))).size).toBeGreaterThan(2);
    disposeModel(model);
  });
});

describe('relation-net', () => {
  beforeAll(() => start('wasm'));

  test('learns by the squared error of the scores against 1 for the class and 0 for others', async () => {
    const [learner, task] = [build(make(), tinyBackbone()), newTask()];
    if (learner.training.by !== 'episodes') throw new Error('not by episodes');
    // A head whose last layer is nothing says ½ of each: it is the relation that answers.
    for (const { name, variable } of describeWeights(learner.model))
      if (name.startsWith('relation_fc2')) variable.write(tf.zeros(variable.shape as number[]));
    expect(new Set((await logitsOf(learner, task.support, task.query, 3)).flat())).toEqual(new Set([0.5]));
    expect((await learner.training.loss(task).data())[0]).toBeCloseTo(0.25, 6);
    const bias = describeWeights(learner.model).find(({ name }) => name === 'relation_fc2/bias')!;
    bias.variable.write(tf.tensor1d([Math.log(3)]));
    expect((await learner.training.loss(task).data())[0]).toBeCloseTo((0.25 ** 2 + 2 * 0.75 ** 2) / 3, 5);
    disposeModel(learner.model);
  });

  test("a class's map is the sum of its examples', or their mean", async () => {
    const shape = [2, 2, 1] as const;
    const x = toTensor(randomNormal([2, ...shape], 3)) as tf.Tensor4D;
    const query = { x: toTensor(randomNormal([1, ...shape], 4)), labels: Int32Array.of(0) };
    const asked = (combine: string, of: tf.Tensor) =>
      logitsOf(
        build(make({ combine }), mapBackbone(shape)),
        { x: of, labels: new Int32Array(of.shape[0]!) },
        query,
        1,
      );
    const sum = tf.sum(x, 0, true);
    const near = async (a: Promise<number[][]>, b: Promise<number[][]>) =>
      Math.abs((await a)[0]![0]! - (await b)[0]![0]!);
    expect(await near(asked('sum', x), asked('sum', sum))).toBeLessThan(1e-6);
    expect(await near(asked('mean', x), asked('sum', tf.div(sum, 2)))).toBeLessThan(1e-6);
    expect(await near(asked('sum', x), asked('mean', x))).toBeGreaterThan(1e-5);
  });

  test('works on maps of one position, and wants a map', async () => {
    const learner = build(make(), mapBackbone([1, 1, 2]));
    expect(learner.model.layers.some(({ name }) => name.startsWith('relation_pool'))).toBe(false);
    expect(() => build(make(), vectors())).toThrow(expect.objectContaining({ code: 'FEWSHOT_BACKBONE' }));
  });

  test('many pairs are scored part by part, alike', async () => {
    const learner = build(make({ filters: 64 }), mapBackbone([16, 16, 1]));
    const x = toTensor(randomNormal([600, 16, 16, 1], 1)) as tf.Tensor4D;
    const classifier = await learner.fit({ x: tf.slice(x, 0, 2), labels: Int32Array.of(0, 1) }, 2);
    const [all, last] = [
      await classifier.predict(x).data(),
      await classifier.predict(tf.slice(x, 599)).data(),
    ];
    expect(all.length).toBe(1200);
    expect(Array.from(all.slice(-2))).toEqual(Array.from(last));
    classifier.dispose();
    disposeModel(learner.model);
  });
});
