import core, {
  countParameters,
  describeWeights,
  foldModel,
  loadModel,
  multiplyAdds,
  neuralSimilarity,
  type Operator,
  setMemoryLimit,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkLayer, globalSimilarityForward, type LayerOracle, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Engine, onEachEngine, start } from '../../../../tools/engines';
import hypernet, { GlobalSimilarity2D, globalSimilarity2d } from '../index';

const registry = createRegistry(core, hypernet);
const operator = (options: object = {}): Operator =>
  registry.make('operator', 'global-similarity', { seed: 1, ...options });

const oracle =
  (relu: boolean): LayerOracle =>
  ({ input, weights: [query, key, value, gamma] }) =>
    globalSimilarityForward(input, query!, key!, value!, gamma!, relu);

const odd = [
  ['batch 0', 0, [2, 3, 5]],
  ['one pixel', 2, [1, 1, 4]],
  ['one channel, rows of one', 1, [1, 7, 1]],
] as const;

/** A software GPU takes a minute for one of these. */
const cases = (engine: Engine) =>
  [[true, 2] as const, [false, 8] as const].slice(0, engine === 'webgpu' ? 1 : 2);

onEachEngine('global similarity', (engine) => {
  test.each(cases(engine))('relu %s, bottleneck %s', async (relu, bottleneck) => {
    await checkLayer({
      name: 'global similarity',
      layer: (x) => new GlobalSimilarity2D({ operator: operator({ relu, bottleneck }) }).apply(x),
      inputShape: [2, 3, 4],
      variants: (relu && engine !== 'webgpu' ? odd : []).map(([name, batch, inputShape]) => ({
        name,
        batch,
        inputShape,
        options: {},
      })) as never,
      oracle: oracle(relu),
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });

  test('is the identity at the start, and finite for no input and any', async () => {
    const x = tfl.input({ shape: [3, 3, 8] });
    const model = tfl.model({
      inputs: x,
      outputs: new GlobalSimilarity2D({ operator: operator() }).apply(x) as tfl.SymbolicTensor,
    });
    const image = tf.randomNormal([2, 3, 3, 8], 0, 1, 'float32', 1);
    const y = model.predict(image) as tf.Tensor;
    expect(await y.data()).toEqual(await image.data());
    const weights = {
      query: tf.ones([1, 1, 2, 1]),
      key: tf.fill([1, 1, 2, 1], -1),
      value: tf.zeros([1, 1, 2, 2]),
      gamma: tf.scalar(1),
    } as never;
    for (const scale of [0, 1e-20, 1e20]) {
      const grads = tf.grads((each) => globalSimilarity2d(each as tf.Tensor4D, weights));
      const [gradient] = grads([tf.fill([1, 2, 2, 2], scale)]);
      expect((await gradient!.data()).every(Number.isFinite)).toBe(true);
    }
    model.dispose();
  });
});

describe('global similarity', () => {
  beforeAll(() => start('cpu'));

  const applied = (args: object = {}) => {
    const x = tfl.input({ shape: [6, 5, 3] });
    const conv = { name: 'block', filters: 8, kernelSize: 3, strides: 2, ...args };
    return tfl.model({ inputs: x, outputs: operator().apply(x, conv as never) });
  };

  test('the operator starts as its convolution', async () => {
    const x = tfl.input({ shape: [6, 5, 3] });
    const kernelInitializer = tfl.initializers.heNormal({ seed: 4 });
    const args = { filters: 8, kernelSize: 3, strides: 2, activation: 'relu', kernelInitializer } as const;
    const plain = tfl.model({ inputs: x, outputs: neuralSimilarity(x, args) });
    const model = applied(args);
    const image = tf.randomNormal([2, 6, 5, 3], 0, 1, 'float32', 1);
    const [y, expected] = [model, plain].map((each) => each.predict(image) as tf.Tensor);
    expect(await y!.data()).toEqual(await expected!.data());
    expect(model.layers.map(({ name }) => name).slice(1)).toEqual([
      'block_conv',
      'block',
      'block_activation',
    ]);
    expect(() => applied({ dataFormat: 'channelsFirst' })).toThrow(
      expect.objectContaining({ code: 'LAYER_OPTIONS' }),
    );
  });

  test('tells roles, penalties and cost', () => {
    const model = applied();
    expect(
      describeWeights(model).map(({ name, role, l2, orthogonality }) => [name, role, l2, orthogonality]),
    ).toEqual([
      ['block_conv/kernel', 'filter', undefined, undefined],
      ['block_conv/bias', 'bias', undefined, undefined],
      ['block/query', 'predictor', undefined, 2e-4],
      ['block/key', 'predictor', undefined, 2e-4],
      ['block/value', 'filter', undefined, 2e-4],
      ['block/gamma', 'similarity', 0, undefined],
    ]);
    expect(countParameters(model)).toBe(27 * 8 + 8 + 8 * 2 + 64 + 1);
    // A map of 2×2 positions.
    expect(multiplyAdds(model)).toBe(4 * 27 * 8 + 4 * 8 * (2 + 8) + 16 * 9);
  });

  test('one seed, one start, another for each layer', async () => {
    const query = (model: tfl.LayersModel) => model.layers[2]!.getWeights()[0]!.data();
    expect(await query(applied())).toEqual(await query(applied()));
    expect(await query(applied({ name: 'other' }))).not.toEqual(await query(applied()));
  });

  test('the positions are compared over the whole map: far pixels are read', async () => {
    const weights = {
      query: tf.randomNormal([1, 1, 4, 2], 0, 1, 'float32', 1),
      key: tf.randomNormal([1, 1, 4, 2], 0, 1, 'float32', 2),
      value: tf.randomNormal([1, 1, 4, 4], 0, 1, 'float32', 3),
      gamma: tf.scalar(1),
    } as never;
    const corner = (x: tf.Tensor) =>
      tf.sum(
        tf.slice(globalSimilarity2d(x as tf.Tensor4D, weights), [0, 0, 0, 0], [1, 1, 1, 4]),
      ) as tf.Scalar;
    const gradient = tf.grad(corner)(tf.randomNormal([1, 5, 5, 4], 0, 1, 'float32', 4));
    const far = await tf.slice(gradient, [0, 4, 4, 0], [1, 1, 1, 4]).data();
    expect(far.every((value) => value !== 0)).toBe(true);
  });

  test('a map that is too large is refused before memory is taken', () => {
    const model = applied();
    setMemoryLimit('cpu', 2e8);
    try {
      const before = tf.memory().numTensors;
      const layer = model.layers[2] as GlobalSimilarity2D;
      expect(() => tf.tidy(() => layer.apply(tf.zeros([1, 80, 80, 8])) as tf.Tensor)).toThrow(
        expect.objectContaining({ code: 'ENGINE_MEMORY' }),
      );
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      setMemoryLimit('cpu', Number.POSITIVE_INFINITY);
    }
  });

  test('refuses other operators and inputs', () => {
    const coded = (code: string) => expect.objectContaining({ code });
    expect(() => new GlobalSimilarity2D({} as never)).toThrow(coded('LAYER_OPTIONS'));
    const layer = new GlobalSimilarity2D({ operator: operator() });
    expect(() => layer.apply(tfl.input({ shape: [4, 4] }))).toThrow(coded('LAYER_INPUT'));
    expect(() => operator({ bottleneck: 0 })).toThrow(coded('CONFIG_INVALID'));
  });

  test('what is left of a folded model has the block still', async () => {
    const model = applied();
    const folded = foldModel(model, { dynamic: 'keep' });
    expect(folded.layers.map((layer) => layer.getClassName()).slice(1)).toEqual([
      'Conv2D',
      'NeusimGlobalSimilarity2D',
    ]);
    model.layers[2]!.setWeights([...model.layers[2]!.getWeights().slice(0, 3), tf.scalar(0.5)]);
    const again = foldModel(model, { dynamic: 'keep' });
    const image = tf.randomNormal([2, 6, 5, 3], 0, 1, 'float32', 1);
    const [y, expected] = [again, model].map((each) => each.predict(image) as tf.Tensor);
    expect(tf.max(tf.abs(tf.sub(y!, expected!))).dataSync()[0]).toBeLessThan(1e-6);
  });
});

test('the oracle on a map of two pixels, by hand', () => {
  const one = (...values: number[]) => ({ shape: [1, 1, 1, values.length], data: Float64Array.from(values) });
  const x = { shape: [1, 1, 2, 1], data: Float64Array.from([1, -2]) };
  const y = globalSimilarityForward(
    x,
    one(1),
    one(1),
    one(1),
    { shape: [], data: Float64Array.of(2) },
    false,
  );
  const cos = (value: number) => value / Math.sqrt(value * value + 1e-4) / Math.sqrt(1 + 1e-4);
  const [a, b] = [cos(1), cos(-2)];
  const share = Math.exp(a * a) / (Math.exp(a * a) + Math.exp(a * b));
  expect(y.data[0]).toBeCloseTo(1 + 2 * (share * a + (1 - share) * b), 12);
  toTensor(y).dispose();
});
