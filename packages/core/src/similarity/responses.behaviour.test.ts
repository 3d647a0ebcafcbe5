// What makes a response what it is: special cases, the running mean, folding, what is refused.
import { createRegistry } from '@neusim/registry';
import { fromTensor, randomNormal, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import core, {
  BatchNorm,
  describeWeights,
  foldModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  patchEnergy,
  type Similarity,
  similarityConv2d,
} from '../index';

const registry = createRegistry(core);
beforeAll(async () => {
  await start('cpu');
  await registry.ready();
});

const decoupled = (options: object) =>
  registry.make('similarity', 'decoupled', options as never) as Similarity;
const hyperspherical = (options: object) =>
  registry.make('similarity', 'hyperspherical', options as never) as Similarity;

const x = () => toTensor(randomNormal([2, 5, 4, 3], 1)) as tf.Tensor4D;
const w = () => toTensor(randomNormal([3, 3, 3, 4], 2)) as tf.Tensor4D;
const values = async (t: tf.Tensor) => (await fromTensor(t)).data;

function layerOf(similarity: Similarity, args: object = {}) {
  const layer = new NeuralSimilarityConv2D({
    filters: 4,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    similarity,
    ...args,
  });
  layer.apply(x());
  layer.weights[0]!.write(w());
  return layer;
}
const outputOf = async (similarity: Similarity, input = x()) =>
  values(layerOf(similarity).apply(input) as tf.Tensor);

describe('special cases', () => {
  test('the cosine is the M that divides by both norms', async () => {
    const kernels = tf.sqrt(tf.add(tf.sum(tf.square(w()), [0, 1, 2]), 1e-4));
    const patches = tf.sqrt(tf.add(patchEnergy(x(), [3, 3], { pad: 'same' }), 1e-4));
    const m = tf.tile(tf.reciprocal(patches), [1, 1, 1, 9]);
    const wanted = similarityConv2d(x(), tf.div(w(), kernels), m, { pad: 'same' });
    expect(relativeError(await outputOf(hyperspherical({})), await values(wanted))).toBeLessThan(1e-6);
  });

  test('linear × cosine weighted by the norm of the kernel is the inner product', async () => {
    const plain = await values(similarityConv2d(x(), w(), null, { pad: 'same' }));
    const options = { magnitude: 'linear', weighted: 'linear' };
    expect(relativeError(await outputOf(decoupled(options)), plain)).toBeLessThan(1e-6);
  });

  test('a flat sigmoid is linear in the angle', async () => {
    const flat = await outputOf(hyperspherical({ angle: 'sigmoid', k: 1e3 }));
    expect(relativeError(flat, await outputOf(hyperspherical({ angle: 'linear' })))).toBeLessThan(1e-4);
  });

  test('sphere is hyperspherical, α apart', async () => {
    for (const angle of ['cosine', 'linear', 'square-cosine'] as const) {
      const wanted = (await outputOf(hyperspherical({ angle }))).map((value) => 3 * value);
      const met = await outputOf(decoupled({ magnitude: 'sphere', alpha: 3, angle }));
      expect(relativeError(met, wanted)).toBeLessThan(1e-6);
    }
  });

  test('bounded ones are bounded, and of one value far from the radius; the others grow', async () => {
    const longer = (factor: number) => tf.mul(x(), factor) as tf.Tensor4D;
    for (const magnitude of ['ball', 'tanh']) {
      const far = await outputOf(decoupled({ magnitude, radius: 1 }), longer(1e3));
      expect(relativeError(far, await outputOf(hyperspherical({})))).toBeLessThan(1e-4);
    }
    for (const magnitude of ['linear', 'seg', 'log', 'mix']) {
      const [near, far] = await Promise.all(
        [10, 1e4].map((factor) => outputOf(decoupled({ magnitude }), longer(factor))),
      );
      expect(Math.max(...far!.map(Math.abs))).toBeGreaterThan(1.5 * Math.max(...near!.map(Math.abs)));
    }
  });

  test('seg with β = α has no bend; mix with β = 0 is linear', async () => {
    const linear = await outputOf(decoupled({ magnitude: 'linear', angle: 'linear' }));
    for (const same of [
      { magnitude: 'seg', beta: 1 },
      { magnitude: 'mix', beta: 0 },
    ])
      expect(relativeError(await outputOf(decoupled({ ...same, angle: 'linear' })), linear)).toBeLessThan(
        1e-6,
      );
  });

  test('a learned sigmoid starts at k = 0.75', async () => {
    const learned = await outputOf(hyperspherical({ angle: 'learned-sigmoid' }));
    expect(
      relativeError(learned, await outputOf(hyperspherical({ angle: 'sigmoid', k: 0.75 }))),
    ).toBeLessThan(1e-6);
  });
});

describe('a weight-normalised softmax layer', () => {
  const score = (similarity?: Similarity) => {
    const input = tfl.input({ shape: [4, 4, 3] });
    const logits = neuralSimilarity(input, {
      filters: 5,
      kernelSize: 4,
      padding: 'valid',
      useBias: false,
      kernelInitializer: tfl.initializers.randomNormal({ seed: 3 }),
      ...(similarity ? { similarity } : {}),
    });
    return tfl.model({ inputs: input, outputs: tfl.layers.flatten().apply(logits) as tfl.SymbolicTensor });
  };

  test('divides the logits by the norms of their kernels, and by nothing else; it folds', async () => {
    const images = toTensor(randomNormal([6, 4, 4, 3], 4));
    const plain = score();
    const normed = score(decoupled({ magnitude: 'linear' }));
    normed.setWeights(plain.getWeights());
    const norms = tf.sqrt(tf.add(tf.sum(tf.square(plain.getWeights()[0]!), [0, 1, 2]), 1e-4));
    const wanted = await values(tf.div(plain.predict(images) as tf.Tensor, norms));
    expect(relativeError(await values(normed.predict(images) as tf.Tensor), wanted)).toBeLessThan(1e-6);
    const folded = foldModel(normed);
    expect(folded.layers.map((layer) => layer.getClassName())).toEqual(['InputLayer', 'Conv2D', 'Flatten']);
    expect(relativeError(await values(folded.predict(images) as tf.Tensor), wanted)).toBeLessThan(1e-6);
  });
});

describe('folding', () => {
  /** Two convolutions, each with batch norm after it, as training leaves them. */
  const network = (similarity: Similarity) => {
    const input = tfl.input({ shape: [5, 4, 3] });
    const block = (from: tfl.SymbolicTensor, parts: object) => {
      const made = neuralSimilarity(from, { filters: 4, kernelSize: 3, padding: 'same', ...parts });
      return new BatchNorm().apply(made) as tfl.SymbolicTensor;
    };
    const model = tfl.model({ inputs: input, outputs: block(block(input, {}), { similarity }) });
    for (let i = 0; i < 3; i++) model.apply(x(), { training: true });
    return model;
  };
  const classes = (model: tfl.LayersModel) => model.layers.map((layer) => layer.getClassName());

  test.each([
    ['hyperspherical', () => hyperspherical({ angle: 'linear' })],
    ['decoupled', () => decoupled({ magnitude: 'ball', angle: 'learned-sigmoid' })],
  ])('of %s is refused, with what helps', (name, make) => {
    expect(() => foldModel(network(make()))).toThrow(
      expect.objectContaining({
        code: 'FOLD_DYNAMIC',
        data: expect.objectContaining({ similarity: name }),
        hint: expect.stringContaining("dynamic: 'keep'"),
      }),
    );
  });

  test('keeps a response with its state, and the norm after it, and folds the rest', async () => {
    const model = network(decoupled({ magnitude: 'ball', angle: 'learned-sigmoid' }));
    const folded = foldModel(model, { dynamic: 'keep' });
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'NeuralSimilarityConv2D', 'BatchNormalization']);
    const wanted = await values(model.predict(x()) as tf.Tensor);
    expect(relativeError(await values(folded.predict(x()) as tf.Tensor), wanted)).toBeLessThan(1e-5);
  });

  test('a response without angle or bend is a plain convolution, and takes the norm in', async () => {
    const model = network(decoupled({ magnitude: 'linear', weighted: 'tanh', alpha: 2 }));
    const folded = foldModel(model);
    expect(classes(folded)).toEqual(['InputLayer', 'Conv2D', 'Conv2D']);
    const wanted = await values(model.predict(x()) as tf.Tensor);
    expect(relativeError(await values(folded.predict(x()) as tf.Tensor), wanted)).toBeLessThan(1e-5);
  });
});

describe('a learned radius', () => {
  const running = async (layer: NeuralSimilarityConv2D) =>
    Promise.all(layer.nonTrainableWeights.map(async (weight) => (await weight.read().data())[0] as number));
  const meanNorm = async (input: tf.Tensor4D) =>
    (await tf.mean(tf.sqrt(tf.add(patchEnergy(input, [3, 3], { pad: 'same' }), 1e-4))).data())[0] as number;

  test('is r² + 1e-4 times the mean norm: of the batch in training, of those seen in inference', async () => {
    const layer = layerOf(decoupled({ magnitude: 'tanh' }));
    layer.weights[1]!.write(tf.tensor1d([1, 0.5, 2, 0]));
    const r = [1, 0.5, 2, 0].map((value) => value ** 2 + 1e-4);
    /** By a fixed radius, one filter at a time. */
    const fixed = async (mean: number) => {
      const outputs = await Promise.all(
        r.map((share) => outputOf(decoupled({ magnitude: 'tanh', radius: share * mean }))),
      );
      return outputs[0]!.map((_, i) => outputs[i % 4]![i]!);
    };
    const batches = [1, 3, 0.2].map((factor) => tf.mul(x(), factor) as tf.Tensor4D);
    const means = await Promise.all(batches.map(meanNorm));
    const trained = await values(layer.apply(batches[0]!, { training: true }) as tf.Tensor);
    expect(relativeError(trained, await fixed(means[0]!))).toBeLessThan(1e-5);
    for (const batch of batches.slice(1)) layer.apply(batch, { training: true });
    const weights = [0.999 ** 2, 0.999, 1];
    const total = weights.reduce((a, b) => a + b);
    const wanted = means.reduce((sum, mean, i) => sum + (mean * weights[i]!) / total, 0);
    const [mean, seen] = await running(layer);
    expect(mean! / wanted).toBeCloseTo(1, 5);
    expect(seen! / (0.001 * total)).toBeCloseTo(1, 4);
    expect(relativeError(await values(layer.apply(x()) as tf.Tensor), await fixed(wanted))).toBeLessThan(
      1e-5,
    );
    expect(await running(layer)).toEqual([mean, seen]);
  });

  test('of a batch of no images moves nothing', async () => {
    const layer = layerOf(decoupled({ magnitude: 'seg', angle: 'learned-sigmoid' }));
    layer.apply(x(), { training: true });
    const before = await running(layer);
    layer.apply(tf.zeros([0, 5, 4, 3]), { training: true });
    expect(await running(layer)).toEqual(before);
    expect(before[0]).toBeCloseTo(await meanNorm(x()), 5);
  });

  test('its weights: r and k₀ are learned, the running mean is a state', () => {
    const input = tfl.input({ shape: [5, 4, 3] });
    const similarity = decoupled({ magnitude: 'ball', angle: 'learned-sigmoid', orthogonality: 1e-5 });
    const output = neuralSimilarity(input, { filters: 4, kernelSize: 3, name: 'conv', similarity });
    const infos = describeWeights(tfl.model({ inputs: input, outputs: output }));
    expect(
      infos.map(({ name, role, trainable, orthogonality, l2 }) => [name, role, trainable, orthogonality, l2]),
    ).toEqual([
      ['conv/kernel', 'filter', true, 1e-5, 0],
      ['conv/bias', 'bias', true, undefined, undefined],
      ['conv/sharpness', 'similarity', true, undefined, undefined],
      ['conv/radius', 'similarity', true, undefined, undefined],
      ['conv/mean_norm', 'norm', false, undefined, undefined],
      ['conv/seen', 'norm', false, undefined, undefined],
    ]);
    const fixed = neuralSimilarity(input, {
      filters: 4,
      kernelSize: 3,
      similarity: decoupled({ radius: 2 }),
    });
    expect(describeWeights(tfl.model({ inputs: input, outputs: fixed }))).toHaveLength(2);
  });
});

describe('options', () => {
  test.each([
    ['hyperspherical', { angle: 'tangent' }, 'angle'],
    ['hyperspherical', { k: 0.3 }, 'k'],
    ['hyperspherical', { angle: 'sigmoid', k: 0 }, 'k'],
    ['hyperspherical', { epsilon: 0 }, 'epsilon'],
    ['hyperspherical', { orthogonality: -1 }, 'orthogonality'],
    ['hyperspherical', { magnitude: 'ball' }, 'magnitude'],
    ['decoupled', { magnitude: 'cube' }, 'magnitude'],
    ['decoupled', { angle: 'learned-sigmoid', k: 0.3 }, 'k'],
    ['decoupled', { alpha: 0 }, 'alpha'],
    ['decoupled', { magnitude: 'linear', beta: 1 }, 'beta'],
    ['decoupled', { magnitude: 'sphere', radius: 2 }, 'radius'],
    ['decoupled', { radius: 0 }, 'radius'],
    ['decoupled', { radius: 'large' }, 'radius'],
    ['decoupled', { weighted: true }, 'weighted'],
    ['decoupled', { weighted: 'linear', kernelRadius: 2 }, 'kernelRadius'],
  ])('%s refuses %j', (name, options, path) => {
    expect(() => registry.make('similarity', name as 'decoupled', options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', data: expect.objectContaining({ path }) }),
    );
  });

  test('an option without a meaning is told whose it is', () => {
    expect(() => decoupled({ magnitude: 'sphere', radius: 2 })).toThrow(
      'only magnitude ball, tanh, seg has one',
    );
  });

  test('they are loaded when they are wanted', async () => {
    const fresh = createRegistry(core);
    expect(() => fresh.make('similarity', 'decoupled')).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_NOT_READY',
        hint: "await registry.ready('similarity:decoupled')",
      }),
    );
    await fresh.ready('similarity:decoupled');
    expect(fresh.make('similarity', 'decoupled')).toMatchObject({
      name: 'decoupled',
      options: {
        magnitude: 'tanh',
        angle: 'cosine',
        alpha: 1,
        weighted: false,
        epsilon: 1e-4,
        orthogonality: 0,
      },
    });
  });
});
