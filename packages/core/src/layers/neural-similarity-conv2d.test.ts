import { createRegistry, define, noOptions, plugin } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import { plainPredictor, testPredictors } from '../../../../tools/plain-predictor';
import core, {
  dilated,
  dynamicDns,
  dynamicUns,
  innerProduct,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Predictor,
  type Similarity,
  staticDns,
  staticUns,
} from '../index';

const registry = createRegistry(
  core,
  testPredictors,
  plugin('mean', '1.0.0', [
    define({
      kind: 'predictor',
      name: 'mean',
      version: '1.0.0',
      summary: 'one M for an image',
      options: noOptions,
      load: () => () => meanPredictor,
    }),
  ]),
);

const similarities: readonly Similarity[] = [
  innerProduct,
  staticDns({ init: 'identity', l2: 0 }),
  staticDns({ init: 'authors', l2: 0 }),
  staticUns({ init: 'identity', l2: 5e-3 }),
  dynamicDns(),
  dynamicUns(),
];

const geometryOf = ({ strides, padding, dilationRate }: WindowOptions) => ({
  strides,
  pad: padding,
  dilations: dilationRate,
});

/** tanh(conv + bias) with M from the second weight (static) or from the plain predictor (dynamic). */
const oracle =
  (similarity: Similarity): LayerOracle =>
  ({ input, weights, options }) => {
    const dynamic = similarity.source === 'predictor';
    const [predictorKernel, kernel, bias, m] = (dynamic ? weights : [undefined, ...weights]) as NdArray[];
    const taps = options.kernelSize[0] * options.kernelSize[1];
    let used: NdArray | null = m ?? null;
    if (dynamic) {
      const z = convolutionForward({ x: input, w: predictorKernel, m: null } as never, geometryOf(options));
      const shape = [...z.shape.slice(0, 3), taps, ...(similarity.form === 'full' ? [taps] : [])];
      const isDiagonal = (i: number) => similarity.form !== 'full' || (i % (taps * taps)) % (taps + 1) === 0;
      used = ndArray(
        shape,
        z.data.map((value, i) => value + (isDiagonal(i) ? 1 : 0)),
      );
    }
    const y = convolutionForward({ x: input, w: kernel, m: used } as never, geometryOf(options));
    return ndArray(
      y.shape,
      y.data.map((value, i) => Math.tanh(value + (bias as NdArray).data[i % 3]!)),
    );
  };

/** One z for an image, from layers of tfjs alone. */
const meanPredictor: Predictor = {
  name: 'mean',
  options: {},
  apply: (x, channels, _, layerName) =>
    [
      tfl.layers.globalAveragePooling2d({ name: `${layerName}_predictor_mean` }),
      tfl.layers.dense({ name: `${layerName}_predictor_z`, units: channels }),
      tfl.layers.reshape({ targetShape: [1, 1, channels] }),
    ].reduce((z, layer) => layer.apply(z) as tfl.SymbolicTensor, x),
};

onEachEngine('NeuralSimilarityConv2D', () => {
  test.each([dynamicDns(), dynamicUns()])('$name with one M for an image, [B,1,1,…]', async (similarity) => {
    await checkLayer({
      inputShape: [4, 3, 2],
      layer: (x, options) =>
        neuralSimilarity(x, { ...options, filters: 3, similarity, predictor: meanPredictor }),
      load: (saved) => loadModel(registry, saved),
      variants: layerVariants([6, 5, 2]).filter(({ name }) => /3x2 stride|batch 0/.test(name)),
      secondOrder: true,
    });
  });

  test.each(similarities.map((s) => [`${s.name} ${JSON.stringify(s.options)}`, s] as const))(
    '%s',
    async (name, similarity) => {
      const dynamic = similarity.source === 'predictor';
      await checkLayer({
        name,
        inputShape: [6, 5, 2],
        layer: (x, options) =>
          neuralSimilarity(x, {
            ...options,
            filters: 3,
            activation: 'tanh',
            similarity,
            ...(dynamic ? { predictor: plainPredictor } : {}),
          }),
        load: (handler) => loadModel(registry, handler as tf.io.IOHandler),
        oracle: oracle(similarity),
        secondOrder: true,
      });
    },
  );
});

/** A shape that fixes the spacing of the taps leaves no dilation to the layer. */
const withoutDilation = layerVariants([6, 5, 2]).filter(({ options }) =>
  options.dilationRate.every((d) => d === 1),
);

onEachEngine('the dilated shape', () => {
  test.each([2, [2, 1] as const])('rate %j', async (rate) => {
    const pair = typeof rate === 'number' ? ([rate, rate] as const) : rate;
    await checkLayer({
      inputShape: [6, 5, 2],
      layer: (x, { dilationRate: _, ...options }) =>
        neuralSimilarity(x, {
          ...options,
          padding: 'same',
          filters: 3,
          activation: 'tanh',
          shape: dilated({ rate }),
        }),
      variants: withoutDilation,
      load: (handler) => loadModel(registry, handler as tf.io.IOHandler),
      oracle: (call) =>
        oracle(innerProduct)({
          ...call,
          options: { ...call.options, padding: 'same', dilationRate: [...pair] },
        }),
      secondOrder: true,
    });
  });
});

describe('NeuralSimilarityConv2D', () => {
  beforeAll(() => start('cpu'));
  const x = () => tfl.input({ shape: [8, 8, 2] });

  test('channelsFirst gives what channelsLast gives', () => {
    const args = {
      filters: 3,
      kernelSize: 3,
      strides: 2,
      similarity: staticUns({ init: 'identity', l2: 0 }),
      kernelInitializer: tfl.initializers.randomNormal({ seed: 1 }),
    };
    const image = tf.randomNormal([2, 8, 7, 4], 0, 1, 'float32', 3);
    const last = new NeuralSimilarityConv2D(args).apply(image) as tf.Tensor;
    const first = new NeuralSimilarityConv2D({ ...args, dataFormat: 'channelsFirst' });
    const out = first.apply(tf.transpose(image, [0, 3, 1, 2])) as tf.Tensor;
    expect(out.shape).toEqual([2, 3, 3, 3]);
    expect(first.computeOutputShape([2, 4, 8, 7])).toEqual([2, 3, 3, 3]);
    expect(tf.max(tf.abs(tf.sub(tf.transpose(out, [0, 2, 3, 1]), last))).dataSync()[0]).toBeLessThan(1e-6);
  });

  test("the dilated shape is the layer's dilationRate", () => {
    const args = { filters: 2, kernelSize: 3, kernelInitializer: tfl.initializers.randomNormal({ seed: 1 }) };
    const image = tf.randomNormal([1, 9, 9, 2], 0, 1, 'float32', 3);
    const byShape = new NeuralSimilarityConv2D({ ...args, shape: dilated({ rate: 2 }) }).apply(
      image,
    ) as tf.Tensor;
    const byRate = new NeuralSimilarityConv2D({ ...args, dilationRate: 2 }).apply(image) as tf.Tensor;
    expect(byShape.shape).toEqual([1, 5, 5, 2]);
    expect(byShape.dataSync()).toEqual(byRate.dataSync());
  });

  test("the authors' start of static DNS is the diagonal of the window", () => {
    const layer = new NeuralSimilarityConv2D({
      filters: 1,
      kernelSize: 3,
      similarity: staticDns({ init: 'authors', l2: 0 }),
    });
    layer.apply(x());
    const weight = layer.weights.find((w) => layer.describeWeight(w)?.role === 'similarity');
    expect([...(weight?.read().dataSync() ?? [])]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test('an open map size is allowed where nothing depends on it', () => {
    const open = tfl.input({ shape: [null, null, 2] });
    const layer = new NeuralSimilarityConv2D({ filters: 3, kernelSize: 3, padding: 'same' });
    const y = layer.apply(open) as tfl.SymbolicTensor;
    expect(y.shape).toEqual([null, null, null, 3]);
    expect((layer.apply(tf.ones([1, 5, 4, 2])) as tf.Tensor).shape).toEqual([1, 5, 4, 3]);
  });

  const conv = { filters: 2, kernelSize: 3 };
  test.each([
    [
      'a dynamic similarity without predictor',
      () => neuralSimilarity(x(), { ...conv, similarity: dynamicDns() }),
      'LAYER_OPTIONS',
    ],
    [
      'a predictor for a static similarity',
      () => neuralSimilarity(x(), { ...conv, predictor: plainPredictor }),
      'LAYER_OPTIONS',
    ],
    [
      'one input for a dynamic similarity',
      () => new NeuralSimilarityConv2D({ ...conv, similarity: dynamicDns() }).apply(x()),
      'LAYER_INPUT',
    ],
    ['two inputs for a static one', () => new NeuralSimilarityConv2D(conv).apply([x(), x()]), 'LAYER_INPUT'],
    [
      'a predictor of 3 channels for 9 taps',
      () =>
        new NeuralSimilarityConv2D({ ...conv, similarity: dynamicDns() }).apply([
          x(),
          tfl.input({ shape: [6, 6, 3] }),
        ]),
      'LAYER_INPUT',
    ],
    [
      'a kernel larger than the input',
      () => new NeuralSimilarityConv2D({ ...conv, kernelSize: 9 }).apply(x()),
      'GEOMETRY_KERNEL_TOO_LARGE',
    ],
    [
      'predicted values on another grid',
      () =>
        new NeuralSimilarityConv2D({ ...conv, similarity: dynamicDns() }).apply([
          x(),
          tfl.input({ shape: [3, 3, 9] }),
        ]),
      'LAYER_INPUT',
    ],
    [
      'a similarity by name alone',
      () => new NeuralSimilarityConv2D({ ...conv, similarity: 'static-uns' as never }),
      'LAYER_OPTIONS',
    ],
    ['causal padding', () => new NeuralSimilarityConv2D({ ...conv, padding: 'causal' }), 'LAYER_OPTIONS'],
    ['no filters', () => new NeuralSimilarityConv2D({ kernelSize: 3 } as never), 'LAYER_OPTIONS'],
    [
      'two dilations',
      () => new NeuralSimilarityConv2D({ ...conv, dilationRate: 3, shape: dilated({ rate: 2 }) }),
      'LAYER_OPTIONS',
    ],
  ])('refuses %s', (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});
