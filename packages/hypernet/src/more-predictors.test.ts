/** The predictors beyond the authors': `pooled`, `separable`, `tap-attention`. */
import core, {
  describeWeights,
  geometry,
  loadModel,
  multiplyAdds,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Predictor,
  type Similarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  denseForward,
  fromTensor,
  imageMeans,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  softmaxForward,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import hypernet from './index';
import { SeparableConv2D } from './separable-conv2d';
import { TapAttention } from './tap-attention-layer';
import { variantsFor } from './test/variants';

const registry = createRegistry(core, hypernet);
await registry.ready();
const names = ['pooled', 'separable', 'tap-attention'] as const;
type Name = (typeof names)[number];
const make = (name: Name, options: object = {}): Predictor =>
  registry.make('predictor', name, { hidden: 4, seed: 1, ...options } as never);
const predicted = registry
  .list('similarity')
  .map(({ name }) => registry.make('similarity', name as 'dynamic-dns') as Similarity)
  .filter(({ source }) => source === 'predictor');
const layer =
  (similarity: Similarity, predictor: () => Predictor) => (x: tfl.SymbolicTensor, window: object) =>
    neuralSimilarity(x, {
      name: 'conv1',
      filters: 3,
      kernelSize: 3,
      ...window,
      similarity,
      predictor: predictor(),
    });
const load = (saved: tf.io.IOHandler) => loadModel(registry, saved);

onEachEngine('predictors beyond the authors', (engine) => {
  // Every form on the fast engine; how M is made of z and broadcast, there, is the forms' and the seam's to check elsewhere.
  const forms = (name: Name) =>
    predicted.filter(
      ({ name: form }) =>
        form === 'dynamic-dns' || engine === 'wasm' || (engine === 'cpu' && name === 'pooled'),
    );
  test.each(
    names.flatMap((name) => forms(name).map((similarity) => [name, similarity.name, similarity] as const)),
  )('%s for %s', async (name, _, similarity) => {
    const few = name !== 'separable' || engine === 'webgpu';
    const full = similarity.channels(25) > 50;
    await checkLayer({
      name: `${similarity.name} by ${name}`,
      layer: layer(similarity, () => make(name)),
      inputShape: engine === 'webgpu' ? [4, 3, 2] : [5, 6, 2],
      variants: variantsFor(engine, [5, 6, 2], few).filter(
        (variant) => !(full && variant.name.startsWith('kernel 5x5')),
      ),
      secondOrder: true,
      // A software adapter takes seconds for each.
      ...(engine === 'webgpu' ? { directions: 1 } : {}),
      load,
    });
  });

  test('the start is M = I, exactly', async () => {
    for (const name of names)
      for (const channels of [9, 49, 81, 7])
        for (const batchNorm of [true, false]) {
          const z = await start0(make(name, { batchNorm }), channels, channels === 49 ? [7, 7] : [3, 3]);
          expect(z.data.every((value) => value === 0)).toBe(true);
          expect(z.shape).toEqual(name === 'pooled' ? [2, 1, 1, channels] : [2, 7, 8, channels]);
        }
  });
});

/** z of a new network, in training. */
async function start0(predictor: Predictor, channels: number, window: [number, number]): Promise<NdArray> {
  const x = tfl.input({ shape: [7, 8, 3] });
  const g = geometry([7, 8, 3], window, { pad: 'same' });
  const z = predictor.apply(x, channels, g, 'conv1');
  const model = tfl.model({ inputs: x, outputs: z });
  const y = tf.tidy(
    () => model.apply(toTensor(randomNormal([2, 7, 8, 3], 1)), { training: true }) as tf.Tensor,
  );
  const array = await fromTensor(y);
  y.dispose();
  model.dispose();
  return array;
}

describe('pooled', () => {
  beforeAll(() => start('wasm'));

  const z = (options: object) => {
    const x = tfl.input({ shape: [4, 5, 3] });
    const output = make('pooled', { start: 'authors', initScale: [1, 1], ...options }).apply(
      x,
      9,
      geometry([4, 5, 3], [3, 3], { strides: [2, 1], pad: 'same' }),
      'conv1',
    );
    return tfl.model({ inputs: x, outputs: output });
  };

  test('is two dense layers on the mean', async () => {
    const model = z({ normalizeInput: [false, false] });
    const images = randomNormal([2, 4, 5, 3], 1);
    const [m1, m2] = await Promise.all(model.getWeights().map(fromTensor));
    const hidden = denseForward(imageMeans(images), m1!);
    const expected = denseForward({ ...hidden, data: hidden.data.map((value) => Math.max(0, value)) }, m2!);
    const found = await fromTensor(model.predict(toTensor(images)) as tf.Tensor);
    expect(found.shape).toEqual([2, 1, 1, 9]);
    expect(relativeError(found.data, expected.data)).toBeLessThan(1e-5);
  });

  test.each(predicted.map((similarity) => [similarity.name, similarity] as const))(
    '%s: gradients are those of the same M at every position',
    async (_, similarity) => {
      const channels = similarity.channels(9);
      const build = (grid: readonly [number, number]) => {
        const inputs = [tfl.input({ shape: [4, 5, 2] }), tfl.input({ shape: [...grid, channels] })];
        const args = { filters: 3, kernelSize: 3, padding: 'same', strides: [2, 1], similarity } as const;
        const conv = new NeuralSimilarityConv2D(args as never);
        return tfl.model({ inputs, outputs: conv.apply(inputs) as tfl.SymbolicTensor });
      };
      const [one, all] = [build([1, 1]), build([2, 5])];
      all.setWeights(one.getWeights());
      const x = toTensor(randomNormal([2, 4, 5, 2], 1));
      const given = toTensor(randomNormal([2, 1, 1, channels], 2, 0, 0.3));
      const gradients = (model: tfl.LayersModel, spread: (z: tf.Tensor) => tf.Tensor) => {
        const first = tf.grads((a, b) => tf.sum(tf.square(model.apply([a!, spread(b!)]) as tf.Tensor)));
        const second = tf.grads((a, b) => tf.addN(first([a!, b!]).map((each) => tf.sum(tf.square(each)))));
        return [...first([x, given]), ...second([x, given])];
      };
      const expected = gradients(all, (each) => tf.tile(each, [1, 2, 5, 1]));
      for (const [i, gradient] of gradients(one, (each) => each).entries())
        expect(relativeError(gradient.dataSync(), expected[i]!.dataSync())).toBeLessThan(1e-5);
    },
  );

  test('refuses a window', () => {
    expect(() => make('pooled', { kernelSize: 3 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});

describe('separable', () => {
  beforeAll(() => start('wasm'));

  test('is a convolution with the product of its two parts as kernel', async () => {
    const x = tfl.input({ shape: [5, 4, 3] });
    const model = tfl.model({
      inputs: x,
      outputs: new SeparableConv2D({ filters: 6, seed: 2 }).apply(x) as tfl.SymbolicTensor,
    });
    const [d, p] = model.getWeights() as [tf.Tensor4D, tf.Tensor4D];
    const images = toTensor(randomNormal([2, 5, 4, 3], 1)) as tf.Tensor4D;
    const expected = tf.conv2d(images, tf.mul(d, p) as tf.Tensor4D, 1, 'same');
    const found = model.predict(images) as tf.Tensor;
    expect(relativeError(found.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
  });

  test('a ninth of what sphere costs, roles and penalties told', () => {
    const x = tfl.input({ shape: [16, 16, 64] });
    const cost = (name: 'sphere' | 'separable') => {
      const predictor: Predictor = registry.make('predictor', name, { l2: 0.2 } as never);
      const z = predictor.apply(x, 9, geometry([16, 16, 64], [3, 3], { pad: 'same' }), 'conv1');
      return tfl.model({ inputs: x, outputs: z });
    };
    const [sphere, separable] = [cost('sphere'), cost('separable')];
    expect(multiplyAdds(separable)).toBe(256 * 64 * (9 + 64 + 9 + 9));
    expect(multiplyAdds(sphere) / multiplyAdds(separable)).toBeGreaterThan(7);
    expect(describeWeights(separable).filter(({ role }) => role === 'predictor')).toMatchObject(
      ['depthwise', 'pointwise', 'depthwise', 'pointwise'].map((part) => ({
        name: expect.stringMatching(`/${part}$`),
        l2: 0.2,
      })),
    );
  });
});

describe('tap-attention', () => {
  beforeAll(() => start('wasm'));

  test.each([
    ['softmax', 9],
    ['softmax', 18],
    ['sigmoid', 9],
  ] as const)('%s of %i scores', async (attention, channels) => {
    const x = tfl.input({ shape: [1, 2, channels] });
    const attend = new TapAttention({ taps: 9, attention, temperature: 0.5 });
    const model = tfl.model({ inputs: x, outputs: attend.apply(x) as tfl.SymbolicTensor });
    const scores = randomNormal([3, 1, 2, channels], 1);
    const found = model.predict(toTensor(scores)) as tf.Tensor;
    const rows = ndArray(
      [scores.data.length / 9, 9],
      scores.data.map((value) => value / 0.5),
    );
    const expected =
      attention === 'softmax'
        ? softmaxForward(rows).data.map((value) => 9 * value - 1)
        : rows.data.map((value) => 2 / (1 + Math.exp(-value)) - 1);
    expect(relativeError(found.dataSync(), expected)).toBeLessThan(1e-5);
  });

  test('a low temperature chooses one tap: m = K there and 0 elsewhere', () => {
    const attend = new TapAttention({ taps: 4, attention: 'softmax', temperature: 1e-3 });
    const z = attend.apply(tf.tensor4d([0.1, 0.4, -0.3, 0.2], [1, 1, 1, 4])) as tf.Tensor;
    expect([...z.dataSync()]).toEqual([-1, 3, -1, -1]);
  });

  test('refuses scores that are no multiple of the taps, and bad options', () => {
    const x = tfl.input({ shape: [1, 2, 10] });
    const attend = new TapAttention({ taps: 9, attention: 'softmax', temperature: 1 });
    expect(() => attend.apply(x)).toThrow(expect.objectContaining({ code: 'LAYER_INPUT' }));
    for (const given of [{ attention: 'hard' }, { temperature: 0 }])
      expect(() => make('tap-attention', given)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
