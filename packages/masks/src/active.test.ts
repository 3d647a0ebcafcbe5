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
import masks, { type ActiveOptions } from './index';
import { imitate, sampledForward, sampledVariants, someOn } from './test/sampled';

const registry = createRegistry(core, masks);
beforeAll(() => registry.ready());
const make = (options: Partial<ActiveOptions> = {}) =>
  registry.make('shape', 'active', { seed: 1, ...options });

/** The weights are the kernel and, in windows of more than one tap, the positions [K - 1,groups,2]. */
const oracle =
  (groups: number): LayerOracle =>
  ({ input: x, weights: [w, positions], options }) => {
    const [height, width] = options.kernelSize;
    const centre = ((height - 1) >> 1) * width + ((width - 1) >> 1);
    const taps = height * width;
    const offsets = ndArray([1, 1, 1, groups * 2 * taps]);
    for (let t = 0; t < taps; t++)
      for (let group = 0; group < groups; group++)
        for (const axis of [0, 1] as const) {
          const index = t < centre ? t : t - 1;
          const place = t === centre ? 0 : positions!.data[(index * groups + group) * 2 + axis]!;
          const onLattice =
            axis === 0 ? Math.floor(t / width) - ((height - 1) >> 1) : (t % width) - ((width - 1) >> 1);
          offsets.data[(group * taps + t) * 2 + axis] = (place - onLattice) * options.dilationRate[axis];
        }
    return sampledForward({ x, w: w!, offsets, groups }, options);
  };

onEachEngine('active', (engine) => {
  const variety: Partial<ActiveOptions>[] = [{}, { start: 'square', groups: 2 }];
  test.each(someOn(engine, variety))('%j', async (options) => {
    const groups = options.groups ?? 1;
    await checkLayer({
      name: 'active',
      layer: (x, window) =>
        neuralSimilarity(x, { filters: 3, useBias: false, ...window, shape: make(options) }),
      inputShape: [4, 3, 2],
      oracle: oracle(groups),
      variants: sampledVariants(engine).filter(({ inputShape }) => inputShape[2]! % groups === 0),
      load: (saved) => loadModel(registry, saved),
      secondOrder: true,
    });
  });

  test('normalizeGradient: each tap moves as far, whatever its gradient; one without a gradient stays', async () => {
    const x = tfl.input({ shape: [5, 5, 1] });
    const shape = make({ normalizeGradient: true });
    const layer = new NeuralSimilarityConv2D({ filters: 1, kernelSize: 3, useBias: false, shape });
    const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
    const kernel = tf.tensor4d([0, 1e-12, 1, 1e3, 1, 1, 1, 1, 1], [3, 3, 1, 1]);
    layer.weights[0]!.write(kernel);
    const positions = layer.weights[1]!.read() as tf.Variable;
    const input = toTensor(randomNormal([1, 5, 5, 1], 3));
    const { grads } = tf.variableGrads(() => tf.sum(model.apply(input) as tf.Tensor), [positions]);
    const lengths = tf.norm(Object.values(grads)[0]!, 'euclidean', -1);
    const [none, ...others] = await lengths.data();
    expect(none).toBe(0);
    for (const length of others) expect(length).toBeCloseTo(1, 5);
  });
});

/** A model of one layer on [9,8,4], with the kernel given. */
function built(args: Partial<NeuralSimilarityConv2DArgs>, kernel: NdArray) {
  const x = tfl.input({ shape: [9, 8, 4] });
  const layer = new NeuralSimilarityConv2D({
    name: 'layer',
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

const image = () => toTensor(randomNormal([2, 9, 8, 4], 1));
const largest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const outputs = (...models: tfl.LayersModel[]) =>
  models.map((model) => model.predict(image()) as tf.Tensor) as [tf.Tensor, tf.Tensor];
const positionsOf = (model: tfl.LayersModel) => describeWeights(model)[1]!.variable;

describe('active', () => {
  beforeAll(() => start('cpu'));

  test.each([
    [3, 3],
    [2, 4],
    [7, 5],
  ])('a square of %dx%d without noise is the plain convolution', (height, width) => {
    const kernel = randomNormal([height, width, 4, 3], 2);
    for (const window of [{}, { strides: 2 }, { dilationRate: 2 }, { padding: 'valid' }] as const) {
      const shape = make({ start: 'square', noise: 0, groups: 2 });
      const [y, plain] = outputs(built({ ...window, shape }, kernel), built({ ...window }, kernel));
      expect(largest(y, plain)).toBeLessThan(5e-5);
    }
  });

  test.each([
    [3, 3, {}],
    [5, 3, { strides: 2 }],
    [3, 3, { dilationRate: 2 }],
  ] as const)('a lattice of 2 is a dilation of 2: %dx%d, %j', (height, width, window) => {
    const kernel = randomNormal([height, width, 4, 3], 2);
    const shape = make({ start: 'square', noise: 0, radius: 2 });
    const dilationRate = 2 * ((window as { dilationRate?: number }).dilationRate ?? 1);
    const [y, dilated] = outputs(
      built({ ...window, shape }, kernel),
      built({ ...window, dilationRate }, kernel),
    );
    expect(largest(y, dilated)).toBeLessThan(5e-5);
  });

  test('a circle: every ring is as far from the centre as its sides', () => {
    const model = built({ shape: make({ noise: 0, radius: 1.5 }) }, randomNormal([5, 5, 4, 3], 2));
    const places = positionsOf(model).read().arraySync() as number[][][];
    const radii = places.map(([place]) => Math.hypot(...place!));
    expect(places).toHaveLength(24);
    for (const [i, radius] of radii.entries()) {
      const tap = i < 12 ? i : i + 1;
      const ring = Math.max(Math.abs(Math.floor(tap / 5) - 2), Math.abs((tap % 5) - 2));
      expect(radius).toBeCloseTo(1.5 * ring, 5);
    }
    expect(places[0]![0]![0]).toBeCloseTo(-3 / Math.SQRT2, 5);
  });

  test('noise: 0.05 of a ring’s radius, by the seed and the layer’s name', () => {
    const kernel = randomNormal([7, 7, 4, 3], 2);
    const start = (args: Partial<NeuralSimilarityConv2DArgs>) =>
      positionsOf(built(args, kernel)).read() as tf.Tensor3D;
    const exact = start({ shape: make({ noise: 0, groups: 4 }) });
    const noisy = start({ shape: make({ groups: 4 }) });
    const outer = tf.slice(tf.sub(noisy, exact), [0, 0, 0], [7, 4, 2]);
    const deviation = Math.sqrt(tf.mean(tf.square(outer)).dataSync()[0]!);
    expect(deviation / 3).toBeGreaterThan(0.035);
    expect(deviation / 3).toBeLessThan(0.065);
    expect(largest(noisy, start({ shape: make({ groups: 4 }) }))).toBe(0);
    for (const other of [
      start({ shape: make({ groups: 4, seed: 2 }) }),
      start({ shape: make({ groups: 4 }), name: 'other' }),
    ])
      expect(largest(noisy, other)).toBeGreaterThan(0.01);
  });

  test('16 places to learn for a 3×3 kernel, of role shape, without decay, a tenth of the learning rate', () => {
    const model = built({ shape: make() }, randomNormal([3, 3, 4, 3], 2));
    const [, positions] = describeWeights(model);
    expect(positions).toMatchObject({ role: 'shape', learningRateScale: 0.1, l2: 0, trainable: true });
    expect(positions?.variable.shape).toEqual([8, 1, 2]);
  });

  test('learns where a teacher reads', async () => {
    await start('wasm');
    const x = tfl.input({ shape: [12, 12, 1] });
    const model = (seed: number) => {
      const layer = new NeuralSimilarityConv2D({
        // The noise is the name's: one that tfjs counts would differ with the tests before.
        name: `learner_${seed}`,
        filters: 4,
        kernelSize: 3,
        useBias: false,
        kernelInitializer: tfl.initializers.randomNormal({ stddev: 1, seed: 7 }),
        shape: make({ noise: 0.3, learningRateScale: 1, seed }),
      });
      return tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
    };
    const [teacher, student] = [model(1), model(2)] as const;
    student.layers[1]!.weights[0]!.write(teacher.layers[1]!.weights[0]!.read());
    const away = () => {
      const [a, b] = [teacher, student].map((each) => positionsOf(each).read()) as [tf.Tensor, tf.Tensor];
      return Math.sqrt(tf.mean(tf.square(tf.sub(a, b))).dataSync()[0]!);
    };
    expect(away()).toBeGreaterThan(0.3);
    imitate(teacher, student, [positionsOf(student)], { steps: 100, rate: 0.05 });
    expect(away()).toBeLessThan(0.1);
  });

  test.each([{ start: 'ring' }, { radius: 0 }, { noise: -1 }, { groups: 0 }, { seed: 0.5 }, { rate: 2 }])(
    'refuses %j',
    (given) => {
      expect(() => registry.make('shape', 'active', given as never)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  test('groups that do not divide the channels', () => {
    expect(() => built({ shape: make({ groups: 3 }) }, randomNormal([3, 3, 4, 3], 2))).toThrow(
      expect.objectContaining({ code: 'LAYER_OPTIONS' }),
    );
  });
});
