/** The estimators of `learned-binary` besides straight-through, and the target of all three. */
import core, {
  describeWeights,
  foldModel,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Shape,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  ndArray,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import masks, { type LearnedBinaryOptions, maskOf } from './index';

const registry = createRegistry(core, masks);
const make = (options: Partial<LearnedBinaryOptions>) =>
  registry.make('shape', 'learned-binary', { seed: 1, ...options } as never);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

type Gate = (r: number, training: boolean) => number;
const gates: Readonly<Record<'sigmoid' | 'hard-concrete', Gate>> = {
  sigmoid: (r, training) => (training ? sigmoid(r / 0.5) : r > 0 ? 1 : 0),
  'hard-concrete': (r) => Math.min(1, Math.max(0, sigmoid(r) * 1.2 - 0.1)),
};

/** The weights are the kernel, r, and the state of the noise where there is one. */
const oracle =
  (gate: Gate): LayerOracle =>
  ({ input: x, weights: [w, r], options: { strides, padding, dilationRate }, training }) => {
    const m = ndArray([r!.data.length]);
    m.data.set(r!.data.map((value) => gate(value, training)));
    const full = ndArray([m.data.length, m.data.length]);
    for (const [k, value] of m.data.entries()) full.data[k * (m.data.length + 1)] = value;
    return convolutionForward({ x, w: w!, m: full }, { strides, pad: padding, dilations: dilationRate });
  };

onEachEngine('learned-binary', () => {
  test.each([
    ['sigmoid', { temperature: 0.5, init: 0.3 }],
    ['hard-concrete', { init: 0.5 }],
  ] as const)('%s', async (estimator, options) => {
    await checkLayer({
      name: estimator,
      layer: (x, window) =>
        neuralSimilarity(x, {
          filters: 3,
          useBias: false,
          ...window,
          shape: make({ estimator, ...options }),
        }),
      inputShape: [4, 3, 2],
      oracle: oracle(gates[estimator]),
      variants: layerVariants([4, 3, 2]).filter(({ name }) => /^(batch 0|kernel 2x2 .*)$/.test(name)),
      load: (saved) => loadModel(registry, saved),
      secondOrder: true,
    });
  });
});

const size = 10;

/** A 5×5 window on images of one channel, to be trained on what a kernel with few taps makes of them. */
function student(shape: Shape) {
  const x = tfl.input({ shape: [size, size, 1] });
  const layer = new NeuralSimilarityConv2D({
    name: 'layer',
    filters: 4,
    kernelSize: 5,
    padding: 'same',
    useBias: false,
    kernelInitializer: tfl.initializers.glorotNormal({ seed: 1 }),
    kernelRegularizer: tfl.regularizers.l2({ l2: 2.5e-3 }),
    shape,
  });
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  return { model, layer };
}

const planted = [2, 7, 12, 21];
const teacher = () => {
  const kernel = randomNormal([5, 5, 1, 4], 5);
  const kept = kernel.data.map((value, i) => (planted.includes(Math.floor(i / 4)) ? value : 0));
  return toTensor({ shape: kernel.shape, data: kept }) as tf.Tensor4D;
};

async function trained(shape: Shape, steps: number, from = 0, made = student(shape)) {
  made.model.compile({ optimizer: tf.train.adam(0.03), loss: 'meanSquaredError' });
  const kernel = teacher();
  for (let step = from; step < steps; step++) {
    const images = toTensor(randomNormal([4, size, size, 1], step)) as tf.Tensor4D;
    const labels = tf.conv2d(images, kernel, 1, 'same');
    await made.model.trainOnBatch(images, labels);
    tf.dispose([images, labels]);
  }
  return made;
}

const tapsOf = async (layer: NeuralSimilarityConv2D) =>
  (await maskOf(layer)).flat().flatMap((gate, tap) => (gate > 0 ? [tap] : []));

describe('taps that were planted', () => {
  beforeAll(() => start('wasm'));

  test.each<Partial<LearnedBinaryOptions>>([
    { estimator: 'sigmoid', sparsity: 0.01 },
    { estimator: 'hard-concrete', sparsity: 0.05 },
    // A price that would remove some of them too, but for the target.
    { estimator: 'straight-through', sparsity: 0.5, target: 4 },
    { estimator: 'sigmoid', sparsity: 0.5, target: 4 },
    { estimator: 'hard-concrete', sparsity: 0.5, target: 4 },
  ])('%j', async (options) => {
    const { layer, model } = await trained(make(options), 250);
    expect(await tapsOf(layer)).toEqual(planted);
    const images = toTensor(randomNormal([2, size, size, 1], 9));
    const folded = foldModel(model);
    expect(folded.layers[1]!.getClassName()).toBe('Conv2D');
    const difference = tf.sub(model.predict(images) as tf.Tensor, folded.predict(images) as tf.Tensor);
    expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-5);
  });

  test('without the target, that price removes too many', async () => {
    const { layer } = await trained(make({ sparsity: 0.5 }), 100);
    expect((await tapsOf(layer)).length).toBeLessThan(planted.length);
  });
});

describe('noise that is state', () => {
  beforeAll(() => start('cpu'));

  test('moves in training alone, from a start by the seed and the layer’s name', async () => {
    const { model } = student(make({ estimator: 'hard-concrete' }));
    const noise = describeWeights(model).find(({ name }) => name === 'layer/noise')!;
    expect(noise).toMatchObject({ role: 'shape', trainable: false, l2: 0 });
    const values = () => [...noise.variable.read().dataSync()];
    const first = values();
    expect([
      ...describeWeights(student(make({ estimator: 'hard-concrete' })).model)[2]!
        .variable.read()
        .dataSync(),
    ]).toEqual(first);
    const image = toTensor(randomNormal([1, size, size, 1], 1));
    model.predict(image);
    model.apply(image);
    expect(values()).toEqual(first);
    model.apply(image, { training: true });
    expect(values()).not.toEqual(first);
  });

  test('a model that was saved half-way goes on to the same weights', async () => {
    const shape = make({ estimator: 'hard-concrete', sparsity: 0.01 });
    const sgd = async (steps: number, from: number, made: tfl.LayersModel) => {
      made.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
      for (let step = from; step < steps; step++) {
        const images = toTensor(randomNormal([2, size, size, 1], step)) as tf.Tensor4D;
        await made.trainOnBatch(images, tf.conv2d(images, teacher(), 1, 'same'));
      }
      return made;
    };
    const whole = await sgd(6, 0, student(shape).model);
    let artifacts: tf.io.ModelArtifacts = {};
    await (await sgd(3, 0, student(shape).model)).save(
      tf.io.withSaveHandler(async (given) => {
        artifacts = given;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const resumed = await sgd(6, 3, await loadModel(registry, tf.io.fromMemory(artifacts)));
    const weights = (model: tfl.LayersModel) => model.weights.map((weight) => [...weight.read().dataSync()]);
    expect(weights(resumed)).toEqual(weights(whole));
  });
});

describe('options', () => {
  test('a start for each estimator, at which its gates are open', () => {
    const starts = (['straight-through', 'sigmoid', 'hard-concrete'] as const).map((estimator) => {
      const { model, layer } = student(make({ estimator }));
      return {
        r: describeWeights(model)[1]!.variable.read().dataSync()[0],
        mask: layer.taps().mask!.dataSync()[0],
      };
    });
    expect(starts).toEqual([
      { r: 0.5, mask: 1 },
      { r: 1, mask: 1 },
      { r: 2.5, mask: 1 },
    ]);
  });

  test('what 1.0.0 saved is straight-through', () => {
    const old = { init: 0.5, side: 'kernel', sparsity: 0, learningRateScale: 1 };
    const shape = (registry as { make(kind: string, name: string, options: object): unknown }).make(
      'shape',
      'learned-binary@1.0.0',
      old,
    ) as Shape;
    expect(shape.options).toEqual({ ...old, estimator: 'straight-through' });
    expect(student(shape).layer.weights).toHaveLength(2);
  });

  test.each([
    { init: 1.5 },
    { temperature: 0.5 },
    { estimator: 'sigmoid', temperature: 0 },
    { estimator: 'gumbel' },
    { target: 4 },
    { target: 0, sparsity: 1 },
    { target: 2.5, sparsity: 1 },
  ])('refuses %j', (given) => {
    expect(() => make(given as never)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test('a target above the window’s taps is told with both numbers', () => {
    expect(() => student(make({ target: 26, sparsity: 1 }))).toThrow(
      expect.objectContaining({
        code: 'LAYER_OPTIONS',
        message: 'a window of 5x5 has 25 taps, and its target is 26',
      }),
    );
  });
});
