// Every network but those of published.test.ts, at small sizes: how it starts, what it costs, what it leaves.
import core, { countParameters, describeWeights, foldModel, loadModel, multiplyAdds } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../tools/engines';
import models, { disposeModel, embeddingOf, type Model } from './index';

const registry = createRegistry(core, hypernet, models);
const any: AnyRegistry = registry;
/** Parts that are loaded when they are made are there. */
beforeAll(() => registry.ready());

const make = (name: string, options: object = {}) => any.make('model', name, options) as Model;

async function logits(model: LayersModel, training = true): Promise<Float32Array> {
  const y = tf.tidy(() => {
    const [, height, width, channels] = model.inputs[0]!.shape as [null, number, number, number];
    const x = tf.randomUniform([2, height, width, channels], -1, 1, 'float32', 7);
    return model.apply(x, { training }) as tf.Tensor;
  });
  const values = await y.data<'float32'>();
  y.dispose();
  return values;
}

const furthest = (a: Float32Array, b: Float32Array) =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) : Number.NaN;

async function saved(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  return new Promise((resolve, reject) => {
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      resolve(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    });
    model.save(handler).catch(reject);
  });
}

/** Small networks of each kind, and how large their embedding is. */
const small: [string, string, object, number][] = [
  ['cnn-4', 'cnn-4', { inputShape: [17, 16, 3], width: 3 }, 3],
  ['cnn-4, widths', 'cnn-4', { inputShape: [9, 8, 1], widths: [2, 4], pooling: 'average' }, 4],
  ['cnn-4, one pool', 'cnn-4', { inputShape: [5, 4, 1], widths: [2, 3], pools: 1 }, 12],
  ['cnn-9', 'cnn-9', { inputShape: [12, 11, 3], width: 2, pooling: 'flatten' }, 8],
  ['ResNet-20', 'nsn-resnet', { inputShape: [9, 10, 3], widths: [2, 3, 4] }, 4],
  ['ResNet-20, shortcut B', 'nsn-resnet', { inputShape: [8, 7, 3], widths: [3, 2, 4], shortcut: 'B' }, 4],
  ['ResNet-10', 'nsn-resnet', { depth: 10, inputShape: [20, 24, 3], widths: [2, 3, 4, 5], root: 'large' }, 5],
  ['ResNet-12', 'nsn-resnet', { depth: 12, inputShape: [16, 17, 3], widths: [2, 3, 4, 5] }, 5],
  ['ResNet-18', 'nsn-resnet', { depth: 18, inputShape: [11, 9, 1], widths: [2, 3, 4, 4], shortcut: 'A' }, 4],
  ['ImageNet-10', 'nsn-imagenet-10', { inputShape: [33, 36, 3], width: 2, features: 5 }, 5],
  ['SphereNet-9', 'sphere-net-9', { inputShape: [9, 8, 3], widths: [2, 3, 4], features: 4 }, 4],
  [
    'global SphereNet',
    'global-sphere-net',
    { inputShape: [8, 9, 1], widths: [2, 3, 4], depth: 1, features: 3 },
    3,
  ],
];

describe.each(['cpu', 'wasm'] as const)('networks on %s', (engine) => {
  beforeAll(() => start(engine));

  test.each(small)('%s starts plain, and leaves no tensor', async (_, name, options) => {
    const before = tf.memory().numTensors;
    const given = { classes: 3, seed: 5, ...options };
    const plain = make(name, { ...given, similarity: 'inner-product' }).build();
    for (const more of [{ similarity: 'static-uns' }, { similarity: 'dynamic-dns' }]) {
      const neural = make(name, { ...given, ...more, ...predictorOf(more) }).build();
      expect(neural.outputs[0]!.shape).toEqual([null, 3]);
      expect(furthest(await logits(neural), await logits(plain))).toBeLessThan(1e-5);
      disposeModel(neural);
    }
    disposeModel(plain);
    expect(tf.memory().numTensors).toBe(before);
  });
});

const predictorOf = ({ similarity }: { similarity: string }) =>
  similarity.startsWith('dynamic') ? { predictor: { name: 'sphere', hidden: 2 } } : {};

describe('networks', () => {
  beforeAll(() => start('cpu'));

  test.each(small)('%s: one seed gives one network, which is saved and loaded', async (_, name, options) => {
    const similarity = 'dynamic-dns';
    const given = { classes: 3, similarity, ...predictorOf({ similarity }), ...options };
    const made = make(name, { ...given, seed: 1 });
    const [first, again, other] = [made.build(), made.build(), make(name, { ...given, seed: 2 }).build()];
    expect(await logits(again)).toEqual(await logits(first));
    expect(furthest(await logits(other), await logits(first))).toBeGreaterThan(1e-3);
    const loaded = await loadModel(registry, tf.io.fromMemory(await saved(first)));
    expect(await logits(loaded, false)).toEqual(await logits(first, false));
    expect(countParameters(loaded)).toBe(countParameters(first));
    expect(multiplyAdds(loaded)).toBe(multiplyAdds(first));
    for (const model of [first, again, other, loaded]) disposeModel(model);
  });

  test.each(small)('%s: the embedding, with and without a head', async (_, name, options, features) => {
    const before = tf.memory().numTensors;
    const given = { similarity: 'static-dns', classes: 3, ...options };
    const whole = make(name, given).build();
    const bare = make(name, { ...given, head: 'none' });
    expect(bare.classes).toBe(0);
    const built = bare.build();
    expect(built.outputs[0]!.shape).toEqual([null, features]);
    const embedding = embeddingOf(whole);
    expect(embedding.outputs[0]!.shape).toEqual([null, features]);
    expect(await logits(embedding)).toEqual(await logits(built));
    const bias = /sphere/.test(name) ? 0 : 3;
    expect(countParameters(whole) - countParameters(embedding)).toBe(3 * features + bias);
    disposeModel(whole);
    disposeModel(built);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(small.filter(([, name]) => !/sphere/.test(name)))(
    '%s: a static network folds into layers of tfjs alone',
    async (_, name, options) => {
      const model = make(name, { classes: 3, similarity: 'static-uns', ...options }).build();
      // Statistics as of many images: those of two would magnify rounding from layer to layer.
      for (const [i, { variable }] of describeWeights(model).entries()) {
        const noise = tf.randomUniform(variable.shape as number[], 0, 0.3, 'float32', i + 1);
        variable.write(tf.add(variable.read(), noise));
      }
      const folded = foldModel(model);
      const expected = await logits(model, false);
      const largest = Math.max(...expected.map(Math.abs));
      expect(furthest(await logits(folded, false), expected) / largest).toBeLessThan(1e-4);
      const ours = folded.layers.filter((layer) => /Neu[rs]/.test(layer.getClassName()));
      expect(ours.map((layer) => layer.name)).toEqual([]);
      disposeModel(model);
      disposeModel(folded);
    },
  );

  test('cosine networks: responses, penalties, blocks and heads', async () => {
    const options = { inputShape: [16, 16, 3], widths: [4, 6, 8], features: 5, classes: 3 };
    const model = make('global-sphere-net', {
      ...options,
      global: { name: 'global-similarity', bottleneck: 2 },
    });
    const built = model.build();
    const infos = describeWeights(built);
    const of = (name: string) => infos.find((info) => info.name === name)!;
    expect(of('stage1_conv1/kernel')).toMatchObject({ l2: 0, orthogonality: 2e-4, role: 'filter' });
    expect(of('fc/kernel')).toMatchObject({ orthogonality: 2e-4 });
    expect(of('fc/kernel').variable.shape).toEqual([2, 2, 8, 5]);
    expect(of('score/kernel')).toMatchObject({ l2: undefined, orthogonality: undefined });
    expect(of('stage2_global/query').variable.shape).toEqual([1, 1, 6, 3]);
    expect(of('stage1_global/value')).toMatchObject({ orthogonality: 2e-4 });
    expect(infos.filter(({ name }) => /gamma$/.test(name) && /global/.test(name))).toHaveLength(2);

    // No response grows with the images: hyperspherical all through, batch norm apart, which is the identity at its start.
    const plain = make('global-sphere-net', { ...options, similarity: 'inner-product' }).build();
    const scaled = async (network: LayersModel) => {
      const [one, ten] = [1, 10].map((scale) => {
        const x = tf.mul(tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 3), scale);
        return network.predict(x) as tf.Tensor;
      });
      return furthest(await one!.data<'float32'>(), await ten!.data<'float32'>());
    };
    expect(await scaled(built)).toBeLessThan(1e-3);
    expect(await scaled(plain)).toBeGreaterThan(0.1);

    // Of weight-normalised scores, only the direction of a class's kernel counts.
    const normed = make('sphere-net-9', { ...options, head: 'weight-normalised' }).build();
    const before = await logits(normed, false);
    const kernel = describeWeights(normed).find(({ name }) => name === 'score/kernel')!.variable;
    kernel.write(tf.mul(kernel.read(), 3));
    expect(furthest(await logits(normed, false), before)).toBeLessThan(1e-3);
    for (const each of [built, plain, normed]) disposeModel(each);
  });

  test.each(small)('%s: an operator in place of its similarity', (_, name, options) => {
    const operator = { name: 'cond-conv', experts: 2 };
    const model = make(name, { classes: 3, ...options, operator }).build();
    const found = model.layers.filter((layer) => layer.getClassName() === 'NeusimCondConv2D');
    const plain = make(name, { classes: 3, ...options, similarity: 'inner-product' }).build();
    expect(found.length).toBeGreaterThan(1);
    const names = new Set(plain.layers.map((layer) => layer.name));
    expect(found.every((layer) => names.has(layer.name))).toBe(true);
    for (const each of [model, plain]) disposeModel(each);
  });

  test('similarity reaches every 3×3 convolution of a residual network, and no other', () => {
    const model = make('nsn-resnet', { widths: [2, 3, 4], shortcut: 'B', similarity: 'static-uns' }).build();
    const layers = new Set(
      describeWeights(model).flatMap(({ role, layer }) => (role === 'similarity' ? [layer] : [])),
    );
    expect(layers.size).toBe(18);
    expect([...layers].every((name) => /^stage\d_block\d_conv\d$/.test(name))).toBe(true);
    disposeModel(model);
  });
});

/** [name, model, options, parameters as published, in millions, those of this network] */
const published: [string, string, object, number, number][] = [
  // He et al. 2016, Table 6: 0.27M, 0.46M, 0.85M.
  ['ResNet-20', 'nsn-resnet', { depth: 20 }, 0.27, 269_722],
  ['ResNet-32', 'nsn-resnet', { depth: 32 }, 0.46, 464_154],
  ['ResNet-56', 'nsn-resnet', { depth: 56 }, 0.85, 853_018],
  // torchvision's resnet18 has exactly as many.
  ['ResNet-18', 'nsn-resnet', { depth: 18, inputShape: [224, 224, 3], classes: 1000 }, 11.7, 11_689_512],
  // Without its head, the 12.4M that few-shot papers give MetaOptNet's.
  ['ResNet-12', 'nsn-resnet', { depth: 12, inputShape: [84, 84, 3], head: 'none' }, 12.4, 12_424_320],
];

describe('published sizes', () => {
  beforeAll(() => start('cpu'));

  test.each(published)('%s', (_, name, options, millions, exactly) => {
    const model = make(name, { similarity: 'inner-product', ...options }).build();
    const parameters = countParameters(model);
    expect(parameters).toBe(exactly);
    expect(Math.abs(parameters / 1e6 / millions - 1)).toBeLessThan(0.01);
    disposeModel(model);
  });

  test.each([
    ['cnn-9', { head: 'none' }, 1_921_344],
    ['sphere-net-9', {}, 3_859_712],
    ['global-sphere-net', {}, 3_926_274],
  ])('%s: %j has as many parameters as the README tells', (name, options, parameters) => {
    const model = make(name, options).build();
    expect(countParameters(model)).toBe(parameters);
    disposeModel(model);
  });

  test("CNN-4's embedding has 1600 features at 84×84, CNN-9 averages a map of 10×10", () => {
    const model = make('cnn-4', { head: 'none' }).build();
    expect(model.outputs[0]!.shape).toEqual([null, 1600]);
    // 3·9·64 + 3·64·9·64, and batch norm.
    expect(countParameters(model)).toBe(1728 + 110_592 + 512);
    disposeModel(model);
    const nine = make('cnn-9', { width: 32 }).build();
    const shapes = nine.layers.map(({ name, outputShape }) => [name, outputShape]);
    expect(Object.fromEntries(shapes)).toMatchObject({
      stage3_pool: [null, 10, 10, 128],
      embedding: [null, 128],
    });
    disposeModel(nine);
  });

  test('CNN-4 of relation networks: its first two stages are pooled alone, which leaves 7×7 of 28×28', () => {
    const model = make('cnn-4', { inputShape: [28, 28, 1], pools: 2, head: 'none' }).build();
    const maps = model.layers.flatMap(({ name, outputShape }) =>
      /relu|pool/.test(name) ? [[name, (outputShape as number[])[1]]] : [],
    );
    expect(maps.filter(([name]) => /pool/.test(name as string))).toEqual([
      ['stage1_pool', 14],
      ['stage2_pool', 7],
    ]);
    expect(maps.at(-1)![1]).toBe(7);
    expect(model.outputs[0]!.shape).toEqual([null, 7 * 7 * 64]);
    disposeModel(model);
  });

  test('multiply-adds: 41M for ResNet-20 at 32×32, 1.82G for ResNet-18 at 224×224', () => {
    const cost = (options: object) => {
      const model = make('nsn-resnet', { similarity: 'inner-product', ...options }).build();
      const millions = multiplyAdds(model) / 1e6;
      disposeModel(model);
      return millions;
    };
    expect(cost({ depth: 20 })).toBeCloseTo(40.8, 0);
    expect(cost({ depth: 18, inputShape: [224, 224, 3], classes: 1000 })).toBeCloseTo(1814, 0);
  });
});

describe('what is refused', () => {
  beforeAll(() => start('cpu'));
  const coded = (code: string, data: object) =>
    expect.objectContaining({ code, data: expect.objectContaining(data) });

  test('options, sizes, and a network without an embedding', () => {
    expect(() => make('nsn-resnet', { depth: 21 })).toThrow(coded('CONFIG_INVALID', { path: 'depth' }));
    expect(() => make('cnn-4', { head: 'cosine' })).toThrow(coded('CONFIG_INVALID', { path: 'head' }));
    expect(() => make('nsn-resnet', { widths: [2, 2] }).build()).toThrow(
      coded('CONFIG_INVALID', { path: 'widths' }),
    );
    expect(() => make('cnn-4', { widths: [2, 2], pools: 3 })).toThrow(
      coded('CONFIG_INVALID', { path: 'pools' }),
    );
    expect(() => make('cnn-4', { inputShape: [3, 84, 3], pools: 2 }).build()).toThrow(
      coded('MODEL_INPUT_TOO_SMALL', { smallest: 4 }),
    );
    expect(() => make('cnn-4', { inputShape: [15, 84, 3] }).build()).toThrow(
      coded('MODEL_INPUT_TOO_SMALL', { smallest: 16 }),
    );
    expect(() => make('nsn-resnet', { depth: 12, inputShape: [15, 84, 3] }).build()).toThrow(
      coded('MODEL_INPUT_TOO_SMALL', { smallest: 16 }),
    );
    const model = make('cnn-cifar', { inputShape: [8, 8, 3], width: 2 }).build();
    expect(() => embeddingOf(model)).toThrow(coded('MODEL_NO_EMBEDDING', {}));
    disposeModel(model);
  });
});
