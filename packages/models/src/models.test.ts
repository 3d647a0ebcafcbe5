import core, { describeWeights, isOperatorLayer } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { type AnyRegistry, createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import models, { disposeModel, type Model } from './index';

const registry = createRegistry(core, hypernet, models);
const any: AnyRegistry = registry;
const small = { inputShape: [8, 8, 3] as [number, number, number], width: 2, classes: 3 };

async function logits(model: LayersModel): Promise<Float32Array> {
  const y = tf.tidy(() => {
    const [, height, width, channels] = model.inputs[0]!.shape as [null, number, number, number];
    const x = tf.randomUniform([2, height, width, channels], 0, 255, 'float32', 7);
    return model.apply(x, { training: true }) as tf.Tensor;
  });
  const values = await y.data<'float32'>();
  y.dispose();
  return values;
}

const furthest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

function kernels(made: Model): Map<string, Float32Array> {
  const model = made.build();
  const filters = describeWeights(model).filter(({ role }) => role === 'filter');
  const values = new Map(
    filters.map(({ name, variable }) => [name, variable.read().dataSync<'float32'>().slice()]),
  );
  disposeModel(model);
  return values;
}

describe('networks', () => {
  beforeAll(() => start('cpu'));

  test.each([registry.make('model', 'cnn-digits'), registry.make('model', 'nsn-digits')])(
    '$name takes 28×28×1 and gives 10 logits',
    (made) => {
      const model = made.build();
      expect(model.inputs[0]!.shape).toEqual([null, 28, 28, 1]);
      expect(model.outputs[0]!.shape).toEqual([null, 10]);
      disposeModel(model);
    },
  );

  test("the predictor's start is an option of the predictor", async () => {
    const predictor = { name: 'sphere', start: 'authors' };
    const plain = registry.make('model', 'cnn-cifar', small).build();
    const authors = registry.make('model', 'nsn-cifar', { ...small, predictor }).build();
    expect(furthest(await logits(authors), await logits(plain))).toBeGreaterThan(1e-3);
    disposeModel(plain);
    disposeModel(authors);
  });

  test('widths, depth and window', () => {
    const options = {
      inputShape: [9, 8, 1] as [number, number, number],
      widths: [4, 6],
      depth: 1,
      kernelSize: 5,
    };
    const model = registry.make('model', 'nsn-cifar', { ...options, shape: 'full' }).build();
    const shapes = new Map(describeWeights(model).map(({ name, variable }) => [name, variable.shape]));
    expect(shapes.get('stage2_conv1/kernel')).toEqual([5, 5, 4, 6]);
    expect(shapes.get('score/kernel')).toEqual([2, 2, 6, 10]);
    expect(shapes.has('stage1_conv2/kernel')).toBe(false);
    disposeModel(model);
  });

  test('disposing frees the weights of a shared predictor too', () => {
    const before = tf.memory();
    disposeModel(registry.make('model', 'nsn-cifar', { ...small, parameterization: 'shared' }).build());
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  test('two networks of one model share nothing', async () => {
    const made = registry.make('model', 'nsn-cifar', { ...small, parameterization: 'shared' });
    const [first, second] = [made.build(), made.build()];
    disposeModel(first);
    expect(await logits(second)).toHaveLength(2 * small.classes);
    disposeModel(second);
  });
});

onEachEngine('networks', () => {
  test.each(['inner-product', 'static-dns', 'static-uns', 'dynamic-dns', 'dynamic-uns'] as const)(
    '%s starts as the plain network of the same seed, and leaves no tensor',
    async (similarity) => {
      const before = tf.memory().numTensors;
      const plain = registry.make('model', 'cnn-cifar', small).build();
      const neural = registry.make('model', 'nsn-cifar', { ...small, similarity }).build();
      expect(furthest(await logits(neural), await logits(plain))).toBeLessThan(1e-5);
      disposeModel(plain);
      disposeModel(neural);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('operators', () => {
  beforeAll(() => start('cpu'));

  test.each(['cond-conv', 'od-conv', 'involution'])(
    '%s in every convolution of the stages, seeded, with the norm decay of the network',
    async (operator) => {
      await any.ready();
      const build = (seed: number) =>
        registry.make('model', 'nsn-digits', { normDecay: 0.9, operator, seed }).build();
      const before = tf.memory().numTensors;
      const [first, again, other] = [build(1), build(1), build(2)];
      const layers = first.layers.filter(isOperatorLayer);
      expect(layers.map(({ name }) => name)).toEqual(['stage1_conv1', 'stage2_conv1']);
      expect(layers.map(({ operator: { name } }) => name)).toEqual([operator, operator]);
      const { options } = layers[0]!.operator;
      expect(options).toMatchObject(operator === 'cond-conv' ? { seed: 1 } : { seed: 1, normDecay: 0.9 });
      const y = await logits(first);
      expect(furthest(y, await logits(again))).toBe(0);
      expect(furthest(y, await logits(other))).toBeGreaterThan(1e-3);
      for (const model of [first, again, other]) disposeModel(model);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('seeds', () => {
  beforeAll(() => start('cpu'));

  const seeded = (seed: number) => registry.make('model', 'nsn-cifar', { ...small, width: 16, seed });

  test('the same seed gives the same weights, another seed others', () => {
    expect(kernels(seeded(0))).toEqual(kernels(seeded(0)));
    const others = kernels(seeded(1));
    for (const [name, values] of kernels(seeded(0))) expect(others.get(name)).not.toEqual(values);
  });

  test('kernels are N(0, √(2/(9·C))), and each is its own', () => {
    const all = kernels(seeded(3));
    const [first, second] = [all.get('stage3_conv2/kernel')!, all.get('stage3_conv3/kernel')!];
    expect(first).not.toEqual(second);
    const deviation = Math.sqrt(first.reduce((sum, w) => sum + w * w, 0) / first.length);
    expect(deviation / Math.sqrt(2 / (9 * 64))).toBeCloseTo(1, 1);
    expect(Math.max(...first) / deviation).toBeGreaterThan(3);
  });
});

describe('what is refused', () => {
  beforeAll(() => start('cpu'));

  const coded = (code: string, data: object) =>
    expect.objectContaining({ code, data: expect.objectContaining(data) });
  const make = (name: string, options: object) => () => any.make('model', name, options);

  test('bad options, by path', () => {
    expect(make('nsn-cifar', { wdith: 3 })).toThrow(coded('CONFIG_INVALID', { path: 'wdith' }));
    expect(make('cnn-cifar', { similarity: 'static-uns' })).toThrow(
      coded('CONFIG_INVALID', { path: 'similarity' }),
    );
    expect(make('nsn-cifar', { similarity: { name: 'static-uns', l3: 0 } })).toThrow(
      coded('CONFIG_INVALID', { path: 'similarity.l3' }),
    );
    expect(make('nsn-cifar', { predictor: { name: 'sphere', hidden: 0 } })).toThrow(
      coded('CONFIG_INVALID', { path: 'predictor.hidden' }),
    );
    expect(make('nsn-cifar', { similarity: 'static-unz' })).toThrow(coded('REGISTRY_UNKNOWN_NAME', {}));
  });

  test('a predictor that contradicts the parameterization', () => {
    expect(make('nsn-cifar', { predictor: 'sphere', parameterization: 'shared' })).toThrow(
      coded('CONFIG_INVALID', { path: 'predictor' }),
    );
    expect(make('nsn-cifar', { predictor: 'shared', parameterization: 'disjoint' })).toThrow(
      coded('CONFIG_INVALID', { path: 'predictor' }),
    );
  });

  test('an operator beside another part; what the parts start from may stand', async () => {
    await any.ready();
    for (const [path, given] of [
      ['similarity', 'static-uns'],
      ['similarity', { name: 'dynamic-dns', more: 1 }],
      ['shape', 'dilated'],
      ['predictor', 'sphere'],
      ['parameterization', 'shared'],
    ] as const)
      expect(make('nsn-digits', { operator: 'cond-conv', [path]: given })).toThrow(
        coded('CONFIG_INVALID', { path, met: given }),
      );
    const defaults = { operator: 'cond-conv', similarity: 'dynamic-dns', shape: { name: 'full' } };
    expect(make('nsn-digits', defaults)).not.toThrow();
    expect(make('nsn-digits', { operator: 'cond-cov' })).toThrow(coded('REGISTRY_UNKNOWN_NAME', {}));
    expect(make('nsn-digits', { operator: { name: 'cond-conv', experts: 0 } })).toThrow(
      coded('CONFIG_INVALID', { path: 'operator.experts' }),
    );
  });

  test('a predictor for a static similarity', () => {
    const made = registry.make('model', 'nsn-cifar', {
      ...small,
      similarity: 'static-dns',
      predictor: 'sphere',
    });
    expect(() => made.build()).toThrow(coded('LAYER_OPTIONS', { predictor: 'sphere' }));
  });

  test('an image that the pools would use up', () => {
    const tiny = registry.make('model', 'cnn-cifar', { inputShape: [7, 32, 3] });
    expect(() => tiny.build()).toThrow(coded('MODEL_INPUT_TOO_SMALL', { smallest: 8 }));
  });
});
