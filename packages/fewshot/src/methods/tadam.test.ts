import { BatchNorm, describeWeights } from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import fewshot from '../index';
import { descend, withoutGradient } from '../test/learning';
import { parts, tinyBackbone, tinyPool, tinyTask } from '../test/tiny';
import { buildLearner } from '../training/learner-recipe';
import type { Examples, FewShotMethod, Learner, Task } from '../types';

const registry = createRegistry(...parts, fewshot);
beforeAll(async () => {
  await start('wasm');
  await registry.ready();
});

const build = (method: 'tadam' | 'proto-net', options: object = {}, backbone = tinyBackbone()): Learner =>
  (registry.make('method', method, options as never) as FewShotMethod).build({
    backbone,
    classes: 8,
    way: 3,
    seed: 2,
  });

/** Writes weights whose name matches. */
function set(learner: Learner, pattern: RegExp, value: number | tf.TensorLike): void {
  const met = describeWeights(learner.model).filter(({ name }) => pattern.test(name));
  expect(met.length).toBeGreaterThan(0);
  for (const { variable } of met) {
    const shape = variable.shape as number[];
    const written = typeof value === 'number' ? tf.fill(shape, value) : tf.tensor(value, shape);
    variable.write(written);
    written.dispose();
  }
}

async function logits(learner: Learner, { support, query, way }: Task): Promise<number[]> {
  const seen = (x: tf.Tensor) => learner.embed?.(x as tf.Tensor4D) ?? tf.clone(x);
  const [known, asked] = [seen(support.x), seen(query.x)];
  const classifier = await learner.fit({ ...support, x: known }, way);
  const y = classifier.predict(asked);
  const values = [...(await y.data())];
  classifier.dispose();
  tf.dispose([y, known, asked]);
  return values;
}

const disposeTask = ({ support, query }: Task) => tf.dispose([support.x, query.x]);

describe('on a network that passes pixels on', () => {
  /** [1,1,2] to the two values: batch norm of mean 0 and variance 1. */
  function passing(): tfl.LayersModel {
    const x = tfl.input({ name: 'image', shape: [1, 1, 2] });
    const normed = new BatchNorm({ name: 'bn', epsilon: 1e-12 }).apply(x);
    const y = tfl.layers.flatten({ name: 'embedding' }).apply(normed) as tfl.SymbolicTensor;
    return tfl.model({ inputs: x, outputs: y });
  }
  const pixels = (...values: number[][]): Examples => ({
    x: tf.tensor4d(values.flat(), [values.length, 1, 1, 2]),
    labels: Int32Array.from(values, (_, i) => i),
  });

  test('by hand: γ and β of the mean of the prototypes, scaled distances behind them', async () => {
    const learner = build('tadam', { depth: 1, auxiliary: false }, passing());
    // Task (½, 1): γ = (½, 1), β = (1, ½), so that z = (1 + ½·γ)·x + 2·β = (1¼·x₁ + 2, 1½·x₂ + 1).
    set(learner, /gamma_fc1\/kernel/, [1, 0, 0, 1]);
    set(learner, /beta_fc1\/kernel/, [0, 1, 1, 0]);
    set(learner, /gamma0/, 0.5);
    set(learner, /beta0/, 2);
    set(learner, /metric\/scale/, 3);
    const task = { way: 2, support: pixels([1, 0], [0, 2]), query: pixels([1, 1]) };
    const [first, second] = await logits(learner, task);
    // z(1,1) = (3¼, 2½); prototypes (3¼, 1) and (2, 4).
    expect(first).toBeCloseTo(-3 * 1.5 ** 2, 4);
    expect(second).toBeCloseTo(-3 * (1.25 ** 2 + 1.5 ** 2), 4);
    disposeTask(task);
    disposeModel(learner.model);
  });

  test('the task network: the first layer without, the others with a skip connection', async () => {
    const learner = build('tadam', { depth: 3, auxiliary: false, scale: 1 }, passing());
    set(learner, /beta0/, 1);
    set(learner, /beta_fc1\/bias/, [-0.25, 0.5]);
    const of = async (name: string) => [
      ...(await describeWeights(learner.model)
        .find((each) => each.name === `bn_film_beta_${name}`)!
        .variable.read()
        .data()),
    ];
    const dense = async (x: number[], k: number) => {
      const [w, b] = [await of(`fc${k}/kernel`), await of(`fc${k}/bias`)];
      return [0, 1].map((j) => x[0]! * w[j]! + x[1]! * w[2 + j]! + b[j]!);
    };
    const relu = (x: number[]) => x.map((value) => Math.max(0, value));
    const plus = (x: number[], y: number[]) => x.map((value, i) => value + y[i]!);
    const a = await dense([0.5, 1], 1);
    const b = plus(a, await dense(relu(a), 2));
    const beta = plus(b, await dense(relu(b), 3));
    const network = learner.model;
    const film = network.getLayer('bn_film');
    const [task] = network.inputs.filter(({ name }) => name.startsWith('task'));
    const inner = tfl.model({ inputs: task!, outputs: (film.input as tfl.SymbolicTensor[])[2]! });
    const met = inner.predict(tf.tensor2d([[0.5, 1]])) as tf.Tensor;
    expect(relativeError(await met.data(), beta)).toBeLessThan(1e-6);
    disposeModel(network);
  });
});

describe('on CNN-4', () => {
  const task = () => tinyTask(tinyPool());

  test('at the start it is proto-net, with its distance scaled', async () => {
    const [tadam, protoNet] = [build('tadam', { scale: 2 }), build('proto-net', { scale: 2 })];
    const given = task();
    expect(relativeError(await logits(tadam, given), await logits(protoNet, given))).toBeLessThan(1e-6);
    const losses = [tadam, protoNet].map(({ training }) => {
      if (training.by !== 'episodes') throw new Error(training.by);
      return training.loss(given).dataSync()[0]!;
    });
    expect(losses[0]).toBeCloseTo(losses[1]!, 5);
    disposeTask(given);
    for (const { model } of [tadam, protoNet]) disposeModel(model);
  });

  test.each([true, false])(
    'conditioning %s: a class’s logits depend on what the other classes are',
    async (conditioning) => {
      const learner = build('tadam', { conditioning });
      const given = task();
      // The third class has other images; the logits of the first two are asked.
      const x = tf.tidy(() => {
        const [kept, other] = tf.split(given.support.x, [4, 2]);
        return tf.concat([kept!, tf.sub(1, other!)]);
      });
      const others = { ...given, support: { ...given.support, x } };
      const difference = async () => {
        const [a, b] = [await logits(learner, given), await logits(learner, others)];
        const firstTwo = (values: number[]) => values.filter((_, i) => i % 3 < 2);
        return relativeError(firstTwo(b), firstTwo(a));
      };
      expect(await difference()).toBe(0);
      if (conditioning) set(learner, /gamma0|beta0/, 0.5);
      if (conditioning) expect(await difference()).toBeGreaterThan(1e-3);
      else expect(describeWeights(learner.model).some(({ name }) => name.includes('film'))).toBe(false);
      x.dispose();
      disposeTask(given);
      disposeModel(learner.model);
    },
  );

  test('every weight but the base head’s learns from episodes, α too; the loss falls', async () => {
    const learner = build('tadam', { penalty: 0.02, scale: 0.1 }, tinyBackbone({ widths: [8, 8] }));
    const { training } = learner;
    if (training.by !== 'episodes') throw new Error(training.by);
    const given = tinyTask(tinyPool(8, 6, 1, 250));
    const loss = () => training.loss(given);
    const still = await withoutGradient(learner.model, loss);
    // With γ₀ and β₀ at 0 the task networks wait for them.
    expect(still.filter((name) => !/film_(gamma|beta)_|base_head/.test(name))).toEqual([]);
    set(learner, /gamma0|beta0/, 0.1);
    expect(await withoutGradient(learner.model, loss)).toEqual(['base_head/kernel', 'base_head/bias']);
    const before = tf.memory().numTensors;
    const losses = await descend(learner.model, loss, 0.02);
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.9);
    expect(tf.memory().numTensors).toBe(before);
    const scale = describeWeights(learner.model).find(({ name }) => name === 'metric/scale')!;
    expect((await scale.variable.read().data())[0]).not.toBeCloseTo(0.1, 4);
    const multipliers = describeWeights(learner.model).filter(({ name }) => /gamma0|beta0/.test(name));
    expect(multipliers).toMatchObject(Array(4).fill({ role: 'norm', l2: 0.02, trainable: true }));
    disposeTask(given);
    disposeModel(learner.model);
  });

  test('base classes in between: by the unconditioned network, ever more seldom', async () => {
    const learner = build('tadam');
    const { training } = learner;
    if (training.by !== 'episodes' || !training.auxiliary) throw new Error(training.by);
    const { loss, probability } = training.auxiliary;
    expect([0, 49, 50, 500, 999].map((step) => probability(step, 1000))).toEqual(
      [0, 0, 1, 10, 19].map((power) => 0.9 ** power),
    );
    const batch = { x: tf.randomUniform([4, 12, 12, 1]) as tf.Tensor4D, labels: tf.tensor1d([0, 7, 3, 7]) };
    const still = await withoutGradient(learner.model, () => loss(batch));
    expect(still.filter((name) => !/film|metric/.test(name))).toEqual([]);
    expect(still).not.toContain('base_head/kernel');
    tf.dispose([batch.x, batch.labels]);
    disposeModel(learner.model);
    const none = build('tadam', { auxiliary: false });
    expect(none.training).not.toHaveProperty('auxiliary');
    expect(describeWeights(none.model).some(({ layer }) => layer.startsWith('base_head'))).toBe(false);
    disposeModel(none.model);
  });

  test('a class more is another task; nothing is left behind', async () => {
    const learner = build('tadam', { multipliers: 'channel' });
    set(learner, /gamma0|beta0/, 0.3);
    const four = tinyTask(tinyPool(), 4);
    const before = tf.memory().numTensors;
    const wanted = await logits(learner, four);
    const [three, more] = tf.split(four.support.x, [6, 2]) as [tf.Tensor, tf.Tensor];
    const classifier = await learner.fit({ x: three, labels: four.support.labels.slice(0, 6) }, 3);
    await classifier.addClass?.(more);
    expect(classifier.way).toBe(4);
    const y = classifier.predict(four.query.x);
    expect(relativeError(await y.data(), wanted)).toBeLessThan(1e-6);
    classifier.dispose();
    tf.dispose([y, three, more]);
    expect(tf.memory().numTensors).toBe(before);
    disposeTask(four);
    disposeModel(learner.model);
  });
});

describe('backbones', () => {
  const films = ({ model }: Learner) =>
    model.layers.flatMap(({ name }) => (name.endsWith('_film') ? [name.replace('_bn_film', '')] : []));
  const resnet12 = () =>
    registry
      .make('model', 'nsn-resnet', {
        depth: 12,
        widths: [2, 3, 4, 5],
        inputShape: [16, 16, 1],
        similarity: 'inner-product',
        head: 'none',
      })
      .build();

  test('ResNet-12: each of its twelve convolutions, no shortcut', () => {
    const learner = build('tadam', {}, resnet12());
    expect(films(learner)).toHaveLength(12);
    expect(films(learner).every((name) => /^stage\d_block1_conv\d$/.test(name))).toBe(true);
    disposeModel(learner.model);
  });

  test('dynamic similarities: not the norms of their predictors', () => {
    const backbone = tinyBackbone({ similarity: 'dynamic-dns', predictor: { name: 'sphere', hidden: 3 } });
    const learner = build('tadam', {}, backbone);
    expect(films(learner)).toEqual(['stage1_conv1', 'stage2_conv1']);
    disposeModel(learner.model);
  });

  test('batch norm of tfjs, and a map for an embedding', async () => {
    const x = tfl.input({ shape: [12, 12, 1] });
    const convolved = tfl.layers.conv2d({ filters: 2, kernelSize: 3, strides: 3 }).apply(x);
    const normed = tfl.layers.batchNormalization({ name: 'norm' }).apply(convolved) as tfl.SymbolicTensor;
    const learner = build('tadam', {}, tfl.model({ inputs: x, outputs: normed }));
    expect(films(learner)).toEqual(['norm_film']);
    const given = tinyTask(tinyPool());
    expect((await logits(learner, given)).every(Number.isFinite)).toBe(true);
    disposeTask(given);
    disposeModel(learner.model);
  });

  test('a residual network of tfjs, whose shortcut comes first', () => {
    const x = tfl.input({ shape: [12, 12, 1] });
    const block = (from: tfl.SymbolicTensor, name: string) => {
      const conv = tfl.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', name: `${name}_conv` });
      return tfl.layers.batchNormalization({ name }).apply(conv.apply(from)) as tfl.SymbolicTensor;
    };
    const y = tfl.layers.add().apply([block(x, 'shortcut_bn'), block(block(x, 'a'), 'b')]);
    const learner = build('tadam', {}, tfl.model({ inputs: x, outputs: y as tfl.SymbolicTensor }));
    expect(films(learner).sort()).toEqual(['a_film', 'b_film']);
    disposeModel(learner.model);
  });

  test('one without batch norm is refused, unless it shall not be conditioned', () => {
    const plain = () => {
      const x = tfl.input({ shape: [12, 12, 1] });
      return tfl.model({ inputs: x, outputs: tfl.layers.flatten().apply(x) as tfl.SymbolicTensor });
    };
    const before = tf.memory().numTensors;
    expect(() => build('tadam', {}, plain())).toThrow(
      expect.objectContaining({
        code: 'FEWSHOT_BACKBONE',
        message: expect.stringContaining('no batch norm'),
      }),
    );
    expect(tf.memory().numTensors).toBe(before);
    disposeModel(build('tadam', { conditioning: false }, plain()).model);
  });

  test('another thread makes the same learner of its recipe', async () => {
    const backbone = resnet12();
    const topology = backbone.toJSON(null, false) as object;
    const learner = build('tadam', { depth: 2 }, backbone);
    const recipe = {
      method: { name: 'tadam', options: { depth: 2 } },
      backbone: topology,
      classes: 8,
      way: 3,
      seed: 1,
    };
    const other = await buildLearner(registry, recipe);
    const shapes = ({ model }: Learner) =>
      describeWeights(model).map(({ name, variable }) => [name, variable.shape]);
    expect(shapes(other)).toEqual(shapes(learner));
    for (const { model } of [learner, other]) disposeModel(model);
  });
});

test.each([
  [{ depth: 0 }, 'depth'],
  [{ multipliers: 'pixel' }, 'multipliers'],
  [{ penalty: -1 }, 'penalty'],
  [{ auxiliary: { decay: 2 } }, 'auxiliary'],
  [{ scale: 0 }, 'scale'],
])('refuses %j', (options, key) => {
  expect(() => registry.make('method', 'tadam', options as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
  );
});
