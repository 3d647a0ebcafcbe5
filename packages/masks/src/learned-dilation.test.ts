import core, {
  describeWeights,
  loadModel,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  neuralSimilarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer, type LayerOracle, type NdArray, ndArray, randomNormal, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import masks, { type LearnedDilationOptions } from './index';
import { imitate, sampledForward, sampledVariants, someOn } from './test/sampled';

const registry = createRegistry(core, masks);
beforeAll(() => registry.ready());
const make = (options: Partial<LearnedDilationOptions> = {}) =>
  registry.make('shape', 'learned-dilation', options as never);

/** The weights are the kernel and d. */
const oracle: LayerOracle = ({ input: x, weights: [w, rate], options }) => {
  const [height, width] = options.kernelSize;
  const offsets = ndArray([1, 1, 1, 2 * height * width]);
  for (let t = 0; t < height * width; t++) {
    const [dy, dx] = [Math.floor(t / width) - ((height - 1) >> 1), (t % width) - ((width - 1) >> 1)];
    const [down, right] = [rate!.data[0]!, rate!.data.at(-1)!].map((d) => Math.max(d, 1) - 1) as [
      number,
      number,
    ];
    offsets.data[2 * t] = down * dy * options.dilationRate[0];
    offsets.data[2 * t + 1] = right * dx * options.dilationRate[1];
  }
  return sampledForward({ x, w: w!, offsets }, options);
};

onEachEngine('learned-dilation', (engine) => {
  const variety: Partial<LearnedDilationOptions>[] = [{ rate: 1.6 }, { rate: [2.3, 1.4] }];
  test.each(someOn(engine, variety))('%j', async (options) => {
    await checkLayer({
      name: 'learned-dilation',
      layer: (x, window) =>
        neuralSimilarity(x, { filters: 3, useBias: false, ...window, shape: make(options) }),
      inputShape: [4, 3, 2],
      oracle,
      variants: sampledVariants(engine),
      load: (saved) => loadModel(registry, saved),
      secondOrder: true,
    });
  });
});

/** A model of one layer on [9,8,2], with the kernel given. */
function built(args: Partial<NeuralSimilarityConv2DArgs>, kernel: NdArray) {
  const x = tfl.input({ shape: [9, 8, 2] });
  const layer = new NeuralSimilarityConv2D({
    filters: 3,
    kernelSize: kernel.shape.slice(0, 2) as [number, number],
    padding: 'same',
    useBias: false,
    ...args,
  } as NeuralSimilarityConv2DArgs);
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  layer.weights[0]!.write(toTensor(kernel));
  return model;
}

const image = () => toTensor(randomNormal([2, 9, 8, 2], 1));
const largest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const outputs = (...models: tfl.LayersModel[]) =>
  models.map((model) => model.predict(image()) as tf.Tensor) as [tf.Tensor, tf.Tensor];

describe('learned-dilation', () => {
  beforeAll(() => start('cpu'));

  test('begins as the plain convolution', () => {
    const kernel = randomNormal([4, 3, 2, 3], 2);
    for (const window of [{}, { strides: 2 }, { dilationRate: 2 }, { padding: 'valid' }] as const) {
      const [y, plain] = outputs(built({ ...window, shape: make() }, kernel), built({ ...window }, kernel));
      expect(largest(y, plain)).toBeLessThan(5e-5);
    }
  });

  test.each([
    [2, {}],
    [3, { strides: 2 }],
    [[3, 2], {}],
  ] as const)('at d = %j it is `dilated`, %j', (rate, window) => {
    const kernel = randomNormal([3, 3, 2, 3], 2);
    const [y, dilated] = outputs(
      built({ ...window, shape: make({ rate }) }, kernel),
      built({ ...window, shape: registry.make('shape', 'dilated', { rate: rate as never }) }, kernel),
    );
    expect(largest(y, dilated)).toBeLessThan(5e-5);
  });

  test('finds the rate of a teacher', async () => {
    await start('wasm');
    const kernel = randomNormal([3, 3, 2, 3], 2);
    const [teacher, student] = [make({ rate: 2.4 }), make({ learningRateScale: 1 })].map((shape) =>
      built({ shape }, kernel),
    ) as [tfl.LayersModel, tfl.LayersModel];
    const rate = describeWeights(student)[1]!;
    expect(rate).toMatchObject({ role: 'shape', l2: 0, learningRateScale: 1, trainable: true });
    imitate(teacher, student, [rate.variable], { steps: 60, rate: 0.1 });
    expect(rate.variable.read().dataSync()[0]).toBeCloseTo(2.4, 1);
  });

  test('at the bound only a gradient that raises d passes, and below it the bound holds', () => {
    const shape = make({ minimum: 0.5 });
    const g = { kernelWidth: 3, kernelHeight: 3, taps: 9, dilations: [1, 1] } as never;
    const gradient = (d: number, sign: number) => {
      const byOffset = (rate: tf.Tensor) =>
        tf.mul(tf.sum(tf.slice(shape.taps!([rate], g).offsets!, [0, 0, 0, 17])), sign);
      return tf
        .grad(byOffset)(tf.tensor1d([d]))
        .dataSync()[0];
    };
    expect([gradient(0.7, 1), gradient(0.7, -1)]).toEqual([1, -1]);
    expect([gradient(0.5, 1), gradient(0.5, -1)]).toEqual([0, -1]);
    expect([gradient(0.2, 1), gradient(0.2, -1)]).toEqual([0, -1]);
    const last = shape.taps!([tf.tensor1d([0.2])], g).offsets!.dataSync()[17];
    expect(last).toBeCloseTo(-0.5, 6);
  });

  test.each([
    { rate: 0 },
    { rate: 0.5 },
    { rate: [2, 0.5] },
    { rate: [1, 1, 1] },
    { minimum: 0 },
    { dilation: 2 },
  ])('refuses %j', (given) => {
    expect(() => make(given as never)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
