import core, {
  countParameters,
  describeWeights,
  dynamicDns,
  dynamicUns,
  loadModel,
  neuralSimilarity,
  type Predictor,
  type Similarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer, layerVariants, randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import hypernet from './index';

const registry = createRegistry(core, hypernet);
const fullSphere = { normalizeInput: [true, true], normalizeKernel: [true, true] } as const;
const options = (given: object) => given as never;

/** One dynamic layer on [16,16,channels], `filters` wide; the output is z where `predicted`. */
function net(
  predictor: Predictor,
  similarity: Similarity,
  { channels = 32, filters = 32, size = 16, predicted = false } = {},
): tfl.LayersModel {
  const x = tfl.input({ shape: [size, size, channels] });
  const y = neuralSimilarity(x, {
    name: 'conv1',
    filters,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    similarity,
    predictor,
  });
  const [, z] = y.sourceLayer.inboundNodes[0]!.inputTensors;
  return tfl.model({ inputs: x, outputs: predicted ? z! : y });
}

describe('parameters, to the unit (method: §4)', () => {
  beforeAll(() => start('cpu'));
  const ofPredictor = (model: tfl.LayersModel) => {
    const weights = describeWeights(model).filter(({ trainable }) => trainable);
    const total = (role: string) =>
      weights
        .filter((weight) => weight.role === role)
        .reduce((sum, { variable }) => sum + variable.read().size, 0);
    return { predictor: total('predictor'), norm: total('norm') };
  };

  test.each([
    [32, 23_616, 130_176],
    [64, 42_048, 167_040],
    [128, 78_912, 240_768],
  ])('C = %i: diagonal %i + 146, full %i', (channels, diagonal, full) => {
    for (const name of ['sphere', 'conv'] as const) {
      const make = () => registry.make('predictor', name, options({}));
      const small = { channels, filters: 1 };
      expect(ofPredictor(net(make(), dynamicDns(), small))).toEqual({ predictor: diagonal, norm: 146 });
      expect(ofPredictor(net(make(), dynamicUns(), small))).toEqual({ predictor: full, norm: 0 });
    }
    const sphere = registry.make('predictor', 'sphere', options(fullSphere));
    expect(ofPredictor(net(sphere, dynamicDns(), { channels, filters: 1 })).predictor).toBe(diagonal);
  });

  test.each([
    [false, 591_426],
    [true, 591_426 - 8 * 146],
  ])('the CIFAR-10 net with one shared predictor, shared norm %s: %i', (sharedNorm, parameters) => {
    const model = cifar(registry.make('predictor', 'shared', { sharedNorm }));
    expect(countParameters(model)).toBe(parameters);
    model.dispose();
  });

  test('own sizes, and a penalty of their own', () => {
    const predictor = registry.make('predictor', 'sphere', {
      hidden: 10,
      kernelSize: 1,
      batchNorm: false,
      l2: 5e-3,
    });
    const model = net(predictor, dynamicDns(), { channels: 4 });
    expect(ofPredictor(model)).toEqual({ predictor: 4 * 10 + 10 * 9, norm: 0 });
    const own = describeWeights(model).filter(({ role }) => role === 'predictor');
    expect(own.map(({ l2 }) => l2)).toEqual([5e-3, 5e-3]);
  });
});

/** The CIFAR-10 net of method §9 with dynamic DNS, as far as its parameters go. */
function cifar(predictor: Predictor): tfl.LayersModel {
  const input = tfl.input({ shape: [32, 32, 3] });
  const norm = (x: tfl.SymbolicTensor) => tfl.layers.batchNormalization().apply(x) as tfl.SymbolicTensor;
  const plain = { useBias: false, padding: 'same' } as const;
  let x = norm(tfl.layers.conv2d({ ...plain, filters: 32, kernelSize: 3 }).apply(input) as never);
  for (const [group, filters] of [32, 64, 128].entries()) {
    for (let i = 0; i < 3; i++) {
      const name = `nsl${group}_${i}`;
      const spec = { ...plain, name, filters, kernelSize: 3, similarity: dynamicDns(), predictor };
      x = norm(neuralSimilarity(x, spec));
    }
    x = tfl.layers.maxPooling2d({ poolSize: 2 }).apply(x) as tfl.SymbolicTensor;
  }
  const score = tfl.layers.conv2d({ filters: 10, kernelSize: 4, useBias: false }).apply(x);
  return tfl.model({ inputs: input, outputs: score as tfl.SymbolicTensor });
}

describe('the start (method: §3; C = 32, relu-normal input, batch 8×16×16, training mode)', () => {
  beforeAll(() => start('wasm'));

  const deviation = (name: 'sphere' | 'conv' | 'shared', given: object, similarity: Similarity) => {
    const predictor = registry.make('predictor', name, options({ seed: 7, ...given }));
    const model = net(predictor, similarity, { predicted: true });
    const spread = tf.tidy(() => {
      const x = tf.relu(toTensor(randomNormal([8, 16, 16, 32], 1)));
      const { variance } = tf.moments(model.apply(x, { training: true }) as tf.Tensor);
      return tf.sqrt(variance).dataSync()[0]!;
    });
    model.dispose();
    return spread;
  };

  test.each([
    ['dynamic DNS', {}, dynamicDns(), 0.005],
    ['dynamic DNS, full sphere', fullSphere, dynamicDns(), 0.15],
    ['dynamic UNS', {}, dynamicUns(), 8e-6],
  ])("authors': %s", (_, given, similarity, expected) => {
    const measured = deviation('sphere', { start: 'authors', ...given }, similarity);
    expect(measured).toBeGreaterThan(expected / 2);
    expect(measured).toBeLessThan(expected * 2);
  });

  test.each(['sphere', 'conv', 'shared'] as const)('identity: %s gives M = I exactly', (name) => {
    for (const similarity of [dynamicDns(), dynamicUns()])
      for (const given of [{}, fullSphere, { batchNorm: true }, { batchNorm: false }])
        if (name !== 'conv' || given !== fullSphere) expect(deviation(name, given, similarity)).toBe(0);
  });

  test('learns from the identity start: the last scale, then all that is before it', () => {
    const model = net(registry.make('predictor', 'sphere', { seed: 1 }), dynamicDns(), {
      channels: 4,
      size: 6,
    });
    const x = toTensor(randomNormal([2, 6, 6, 4], 1));
    const step = () => {
      const loss = () => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)) as tf.Scalar;
      const variables = model.trainableWeights.map((weight) => weight.read());
      const { grads } = tf.engine().gradients(loss, variables, undefined, true);
      for (const [i, weight] of model.trainableWeights.entries())
        weight.write(tf.sub(variables[i]!, tf.mul(grads[i]!, 0.1)));
      return grads.map((gradient) => gradient.dataSync().some((value) => value !== 0));
    };
    const isLast = model.trainableWeights.map(
      ({ originalName }) => /bn2|kernel$/.test(originalName) && !/m[12]/.test(originalName),
    );
    expect(step()).toEqual(isLast);
    expect(step().every(Boolean)).toBe(true);
  });

  test('one seed, one start; layers of one shape do not start alike', async () => {
    const kernels = (seed: number) => {
      const model = net(
        registry.make('predictor', 'sphere', { seed, hidden: 32, batchNorm: true }),
        dynamicUns(),
        {
          channels: 32,
          size: 4,
        },
      );
      const [m1, m2] = describeWeights(model)
        .filter(({ role }) => role === 'predictor')
        .map(({ variable }) => variable.read().dataSync());
      return { m1: m1![0]!, m2: m2![0]! };
    };
    expect(kernels(3)).toEqual(kernels(3));
    expect(kernels(0)).toEqual(kernels(0));
    expect(kernels(3).m1).not.toBe(kernels(4).m1);
    expect(kernels(3).m1).not.toBe(kernels(2 ** 32 + 3).m1);
    expect(kernels(3).m1 / 0.1).not.toBeCloseTo(kernels(3).m2 / 0.001, 4);
  });
});

/** 625 values a position take cpu too long to be worth it. */
const excluded = (variant: string, { form }: Similarity) =>
  form === 'full' && variant.startsWith('kernel 5x5');

/** The software adapter of CI takes a second or more for each: the odd windows themselves are the seam's to check. */
const onWebgpu = layerVariants([4, 3, 2]).filter(({ name }) =>
  /batch [01]|3x2 stride|stride 2x1 dil/.test(name),
);

onEachEngine('layers with a predictor', (engine) => {
  test.each([
    ['sphere', {}, 'dynamic-dns'],
    ['sphere', fullSphere, 'dynamic-dns'],
    ['sphere', { start: 'authors' }, 'dynamic-uns'],
    ['conv', {}, 'dynamic-dns'],
    ['shared', {}, 'dynamic-dns'],
  ] as const)('%s %j for %s', async (name, given, form) => {
    const similarity = registry.make('similarity', form);
    await checkLayer({
      name: `${similarity.name} by ${name}`,
      layer: (x, window) =>
        neuralSimilarity(x, {
          filters: 3,
          ...window,
          similarity,
          predictor: registry.make('predictor', name, options({ hidden: 6, seed: 1, ...given })),
        }),
      inputShape: [5, 6, 2],
      variants: (engine === 'webgpu' ? onWebgpu : layerVariants([5, 6, 2])).filter(
        (variant) => !excluded(variant.name, similarity),
      ),
      secondOrder: true,
      // A software adapter takes seconds for each.
      ...(engine === 'webgpu' ? { directions: 1 } : {}),
      load: (saved) => loadModel(registry, saved),
    });
  });
});

test('M of a permuted batch is the permuted M', async () => {
  await start('wasm');
  const predictor = registry.make('predictor', 'sphere', { start: 'authors', seed: 1 });
  const model = net(predictor, dynamicDns(), { channels: 3, size: 7, predicted: true });
  const x = toTensor(randomNormal([3, 7, 7, 3], 1));
  const order = [2, 0, 1];
  const [z, moved] = [model.predict(x) as tf.Tensor, model.predict(tf.gather(x, order)) as tf.Tensor];
  expect(moved.dataSync()).toEqual(tf.gather(z, order).dataSync());
});

test.each([
  [{ hidden: 0 }, 'hidden'],
  [{ initScale: [1] }, 'initScale'],
  [{ start: 'zero' }, 'start'],
  [{ hiden: 3 }, 'hiden'],
])('refuses %j', (given, key) => {
  expect(() => registry.make('predictor', 'sphere', options(given))).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
  );
});
