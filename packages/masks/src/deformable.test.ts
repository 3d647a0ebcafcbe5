import core, {
  describeWeights,
  foldModel,
  loadModel,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  neuralSimilarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  type ConvolutionOptions,
  checkLayer,
  convolutionForward,
  type LayerOracle,
  type NdArray,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { plainPredictor, testPredictors } from '../../../tools/plain-predictor';
import masks, { type DeformableOptions } from './index';
import { lastAxis, sampledForward, sampledVariants, someOn } from './test/sampled';

const registry = createRegistry(core, masks, testPredictors);
beforeAll(() => registry.ready());

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** The weights are kernel, offset kernel, offset bias. */
const oracle =
  (
    { version, groups = 1, modulation = 'sigmoid' }: Partial<DeformableOptions>,
    diagonal?: (x: NdArray, options: ConvolutionOptions) => Float64Array,
  ): LayerOracle =>
  ({ input: x, weights: [w, kernel, bias], options }) => {
    const { strides, padding, dilationRate } = options;
    const convolution = { strides, pad: padding, dilations: dilationRate };
    const found = convolutionForward({ x, w: kernel!, m: null }, convolution);
    const channels = bias!.data.length;
    const z: NdArray = {
      shape: found.shape,
      data: found.data.map((value, i) => value + bias!.data[i % channels]!),
    };
    const taps = options.kernelSize[0] * options.kernelSize[1] * groups;
    const offsets = lastAxis(z, 0, 2 * taps);
    if (version === 1) return sampledForward({ x, w: w!, offsets, groups }, options);
    const logits = lastAxis(z, 2 * taps, 3 * taps);
    const gain = modulation === 'sigmoid' ? 1 : 2;
    const m = diagonal?.(x, convolution);
    const weights = {
      shape: logits.shape,
      data: logits.data.map((logit, i) => gain * sigmoid(logit) * (m?.[i] ?? 1)),
    };
    return sampledForward({ x, w: w!, offsets, modulation: weights, groups }, options);
  };

onEachEngine('deformable', (engine) => {
  const variety: Partial<DeformableOptions>[] = [
    { version: 1 },
    { version: 2, modulation: 'twice-sigmoid' },
    { version: 2, groups: 2 },
  ];
  test.each(someOn(engine, variety))('%j', async (options) => {
    await checkLayer({
      name: 'deformable',
      layer: (x, window) =>
        neuralSimilarity(x, {
          filters: 3,
          useBias: false,
          ...window,
          shape: registry.make('shape', 'deformable', options),
        }),
      inputShape: [4, 3, 2],
      oracle: oracle(options),
      variants: sampledVariants(engine).filter(
        ({ inputShape }) => (inputShape[2] as number) % (options.groups ?? 1) === 0,
      ),
      load: (saved) => loadModel(registry, saved),
      secondOrder: true,
    });
  });

  test('under a predicted M', async () => {
    const similarity = registry.make('similarity', 'dynamic-dns');
    await checkLayer({
      name: 'deformable, dynamic-dns',
      layer: (x, window) =>
        neuralSimilarity(x, {
          filters: 3,
          useBias: false,
          ...window,
          similarity,
          predictor: plainPredictor,
          shape: registry.make('shape', 'deformable'),
        }),
      inputShape: [4, 3, 2],
      // The predictor's kernel comes first; M = 1 + z.
      oracle: ({ weights: [predicted, ...weights], ...call }) =>
        oracle({ version: 2 }, (x, options) => {
          const z = convolutionForward({ x, w: predicted!, m: null }, options);
          return z.data.map((value) => 1 + value);
        })({ ...call, weights }),
      variants: [],
      load: (saved) => loadModel(registry, saved),
      secondOrder: true,
    });
  });
});

/** A model of one layer on [7,6,4], with the kernel given. */
function built(args: Partial<NeuralSimilarityConv2DArgs>, kernel: NdArray) {
  const x = tfl.input({ shape: [7, 6, 4] });
  const layer = new NeuralSimilarityConv2D({
    filters: 3,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    ...args,
  } as NeuralSimilarityConv2DArgs);
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  layer.weights[0]!.write(toTensor(kernel));
  return model;
}

const image = () => toTensor(randomNormal([2, 7, 6, 4], 1));
const largest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('deformable', () => {
  beforeAll(() => start('cpu'));
  const kernel = randomNormal([3, 3, 4, 3], 2);

  test.each([
    [{ version: 1 }, 1],
    [{ version: 2 }, 0.5],
    [{ version: 2, groups: 4 }, 0.5],
    [{ modulation: 'twice-sigmoid' }, 1],
  ] as const)('%j begins as the plain convolution, times %d', (options, factor) => {
    for (const window of [{}, { strides: 2 }, { dilationRate: 2, padding: 'valid' }] as const) {
      const shape = registry.make('shape', 'deformable', options as never);
      const [y, plain] = [{ ...window, shape }, window].map(
        (args) => built(args as never, kernel).predict(image()) as tf.Tensor,
      );
      expect(largest(y!, tf.mul(plain!, factor))).toBeLessThan(5e-6);
    }
  });

  test('weights, roles and rates: 27 outputs a group, a tenth of the learning rate', () => {
    const model = built({ shape: registry.make('shape', 'deformable', { groups: 2 }) }, kernel);
    const [, offsets, bias] = describeWeights(model);
    expect(offsets).toMatchObject({ role: 'shape', learningRateScale: 0.1, trainable: true });
    expect([offsets, bias].map((weight) => weight?.variable.shape)).toEqual([[3, 3, 4, 54], [54]]);
    const layer = model.layers[1] as NeuralSimilarityConv2D;
    const plain = 7 * 6 * 9 * 4 * 3;
    expect(layer.multiplyAdds([null, 7, 6, 4])).toBe(plain + 7 * 6 * 9 * 4 * (54 + 4));
  });

  test('does not fold', () => {
    const model = built({ shape: registry.make('shape', 'deformable') }, kernel);
    expect(() => foldModel(model)).toThrow(expect.objectContaining({ code: 'FOLD_DYNAMIC' }));
    const kept = foldModel(model, { dynamic: 'keep' });
    expect(largest(kept.predict(image()) as tf.Tensor, model.predict(image()) as tf.Tensor)).toBe(0);
  });

  test('channelsFirst is the transpose', () => {
    const shape = registry.make('shape', 'deformable', { version: 1 });
    const last = built({ shape }, kernel);
    const x = tfl.input({ shape: [4, 7, 6] });
    const layer = new NeuralSimilarityConv2D({
      filters: 3,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      dataFormat: 'channelsFirst',
      shape,
    });
    const first = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
    const offsets = toTensor(randomNormal([3, 3, 4, 18], 3, 0, 0.2));
    last.layers[1]!.weights[1]!.write(offsets);
    layer.setWeights(last.layers[1]!.getWeights());
    const y = first.predict(tf.transpose(image(), [0, 3, 1, 2])) as tf.Tensor;
    expect(largest(tf.transpose(y, [0, 2, 3, 1]), last.predict(image()) as tf.Tensor)).toBeLessThan(1e-6);
  });

  test.each([
    { version: 3 },
    { groups: 0 },
    { groups: 1.5 },
    { version: 1, modulation: 'twice-sigmoid' },
    { group: 2 },
  ])('refuses %j', (given) => {
    expect(() => registry.make('shape', 'deformable', given as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test('groups that do not divide the channels are told with both numbers', () => {
    const shape = registry.make('shape', 'deformable', { groups: 3 });
    expect(() => built({ shape }, kernel)).toThrow(
      expect.objectContaining({
        code: 'LAYER_OPTIONS',
        message: 'deformable: input channels (=4) must be divisible by groups (=3)',
        hint: expect.stringContaining('of 4 such as 2'),
      }),
    );
  });
});
