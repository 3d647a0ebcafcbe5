import core, {
  describeWeights,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Similarity,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerCheck,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  randomNormal,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../tools/engines';
import { plainPredictor, testPredictors } from '../../../tools/plain-predictor';
import masks, { binaryMask } from './index';

const registry = createRegistry(core, masks, testPredictors);
type Side = 'kernel' | 'input';
const similarities = ['inner-product', 'static-dns', 'static-uns', 'dynamic-dns', 'dynamic-uns'] as const;
type SimilarityName = (typeof similarities)[number];
const isDynamic = (similarity: SimilarityName) => similarity.startsWith('dynamic');
const make = (similarity: SimilarityName) =>
  registry.make('similarity', similarity, {} as never) as Similarity;

/**
 * y with D and M as one K×K matrix, or one a position, by float64 loops. The weights are the kernel, M and r, or the
 * predictor's kernel, the kernel and r.
 */
const oracle =
  (similarity: SimilarityName, side: Side): LayerOracle =>
  ({ input: x, weights, options: { strides, padding, dilationRate } }) => {
    const geometry = { strides, pad: padding, dilations: dilationRate };
    const d = weights.at(-1)!.data.map((r) => (r > 0 ? 1 : 0));
    const taps = d.length;
    const [positions, w, given, start] = isDynamic(similarity)
      ? predicted(convolutionForward({ x, w: weights[0]!, m: null }, geometry), weights[1]!)
      : [[], weights[0]!, weights[1]!.data, 0];
    const m = ndArray([...positions, taps, taps]);
    const full = similarity.endsWith('uns');
    for (let i = 0; i < m.data.length; i++) {
      const [k, s] = [Math.floor(i / taps) % taps, i % taps];
      const identity = k === s ? 1 : 0;
      const diagonal = identity * given[Math.floor(i / (taps * taps)) * taps + k]!;
      const entry = similarity === 'inner-product' ? identity : full ? given[i]! : diagonal;
      m.data[i] = (entry + start * identity) * d[side === 'kernel' ? k : s]!;
    }
    return convolutionForward({ x, w, m }, geometry);
  };

/** M of a dynamic similarity is what is predicted, added to the identity. */
const predicted = (z: NdArray, w: NdArray) => [z.shape.slice(0, 3), w, z.data, 1] as const;

/** Removes some taps of the layer that y comes from, in no symmetric pattern and never the first. */
function punctured(y: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const r = y.sourceLayer.weights.at(-1)!;
  const taps = r.shape[0]!;
  const start = Array.from({ length: taps }, (_, k) => ((k * k) % 5 === 4 ? -0.5 : 0.5));
  tf.tidy(() => {
    r.write(tf.tensor1d(start));
  });
  return y;
}

onEachEngine('learned-binary', () => {
  describe.each(['kernel', 'input'] as const)('side %s', (side) => {
    const check = (similarity: SimilarityName): LayerCheck => ({
      name: `learned-binary, ${similarity}`,
      layer: (x, window) =>
        punctured(
          neuralSimilarity(x, {
            filters: 3,
            useBias: false,
            ...window,
            similarity: make(similarity),
            shape: registry.make('shape', 'learned-binary', { side }),
            ...(isDynamic(similarity) ? { predictor: plainPredictor } : {}),
          }),
        ),
      inputShape: [6, 7, 2],
      oracle: oracle(similarity, side),
      surrogate: (name) => name.endsWith('/shape'),
      load: (saved) => loadModel(registry, saved),
    });
    const large = layerVariants([6, 7, 2])
      .slice(1, 2)
      .map((variant) => ({
        ...variant,
        name: 'kernel 7x7',
        options: { ...variant.options, kernelSize: [7, 7] as [number, number] },
      }));

    test.each(similarities)('%s', async (similarity) => {
      const variants = isDynamic(similarity)
        ? layerVariants([4, 5, 2]).filter(({ name }) => /3x2|valid|dilation/.test(name))
        : [...layerVariants([6, 7, 2]), ...large];
      await checkLayer({ ...check(similarity), variants, secondOrder: true });
    });

    test.each(['static-uns', 'dynamic-uns'] as const)('%s is not the other side', async (similarity) => {
      const other = oracle(similarity, side === 'kernel' ? 'input' : 'kernel');
      await expect(checkLayer({ ...check(similarity), variants: [], oracle: other })).rejects.toThrow(
        / output against the oracle: 0\.\d+/,
      );
    });
  });
});

/** A built layer on [9,9,2] with these weights, by role: kernel, similarity, r. */
function built(
  kernelSize: number,
  similarity: 'inner-product' | 'static-dns' | 'static-uns',
  side: Side,
  weights: readonly NdArray[],
) {
  const x = tfl.input({ shape: [9, 9, 2] });
  const layer = new NeuralSimilarityConv2D({
    filters: 3,
    kernelSize,
    padding: 'same',
    useBias: false,
    similarity: registry.make('similarity', similarity, {} as never),
    shape: registry.make('shape', 'learned-binary', { side }),
  });
  const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
  layer.setWeights(weights.map((array) => toTensor(array)));
  return { model, layer };
}

const image = () => toTensor(randomNormal([2, 9, 9, 2], 5)) as tf.Tensor4D;
const kernel5 = randomNormal([5, 5, 2, 3], 1);
const matrix25 = randomNormal([25, 25], 2);
const largest = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('what a mask means', () => {
  beforeAll(() => start('cpu'));
  /** r of a 5×5 window whose taps 2 apart exist. */
  const lattice: NdArray = {
    shape: [25],
    data: Float64Array.from({ length: 25 }, (_, k) =>
      Math.floor(k / 5) % 2 === 0 && (k % 5) % 2 === 0 ? 0.3 : -0.3,
    ),
  };
  const onLattice = (kernel: tf.Tensor4D) =>
    tf.gather(tf.gather(kernel, [0, 2, 4], 0), [0, 2, 4], 1) as tf.Tensor4D;
  const weights = (similarity: string) => [
    kernel5,
    ...(similarity === 'static-uns' ? [matrix25] : []),
    lattice,
  ];

  test.each(['inner-product', 'static-uns'] as const)(
    'a lattice on the input side is a dilation: %s',
    (similarity) => {
      const { model } = built(5, similarity, 'input', weights(similarity));
      const full = toTensor(kernel5) as tf.Tensor4D;
      const whole =
        similarity === 'inner-product'
          ? full
          : (tf.reshape(
              tf.matMul(toTensor(matrix25) as tf.Tensor2D, tf.reshape(full, [25, 6]) as tf.Tensor2D, true),
              [5, 5, 2, 3],
            ) as tf.Tensor4D);
      const dilated = tf.conv2d(image(), onLattice(whole), 1, 'same', 'NHWC', 2);
      expect(largest(model.predict(image()) as tf.Tensor, dilated)).toBeLessThan(2e-5);
    },
  );

  test('the same lattice through the shape `dilated`', () => {
    const x = tfl.input({ shape: [9, 9, 2] });
    const layer = new NeuralSimilarityConv2D({
      filters: 3,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      shape: registry.make('shape', 'dilated', { rate: 2 }),
    });
    const dilated = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
    layer.setWeights([onLattice(toTensor(kernel5) as tf.Tensor4D)]);
    const { model } = built(5, 'inner-product', 'input', weights('inner-product'));
    const [a, b] = [model, dilated].map((each) => each.predict(image()) as tf.Tensor);
    expect(largest(a!, b!)).toBeLessThan(2e-5);
  });

  test('D·M and M·D are equal for a diagonal M, and differ for a full one', () => {
    const outputs = (similarity: 'static-dns' | 'static-uns', m: NdArray) =>
      (['kernel', 'input'] as const).map(
        (side) => built(5, similarity, side, [kernel5, m, lattice]).model.predict(image()) as tf.Tensor,
      ) as [tf.Tensor, tf.Tensor];
    expect(largest(...outputs('static-dns', randomNormal([25], 3)))).toBeLessThan(1e-6);
    expect(largest(...outputs('static-uns', matrix25))).toBeGreaterThan(0.1);
  });

  test('role, penalty, rate and start', () => {
    const shape = registry.make('shape', 'learned-binary', { learningRateScale: 10 });
    const x = tfl.input({ shape: [9, 9, 2] });
    const y = new NeuralSimilarityConv2D({ filters: 3, kernelSize: [3, 2], shape }).apply(
      x,
    ) as tfl.SymbolicTensor;
    const info = describeWeights(tfl.model({ inputs: x, outputs: y })).at(-1)!;
    expect(info).toMatchObject({ role: 'shape', l2: 0, learningRateScale: 10, trainable: true });
    expect(info.variable.read().dataSync()).toEqual(new Float32Array(6).fill(0.5));
  });

  test.each([{ init: 0 }, { init: 1.5 }, { side: 'left' }, { sparsity: -1 }, { sparse: 1 }])(
    'refuses %j',
    (given) => {
      expect(() => registry.make('shape', 'learned-binary', given as never)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );
});

onEachEngine('straight through', () => {
  const r = () => tf.tensor1d([-1.5, -1, -0.2, 0, 0.2, 1, 1.5]);
  const inside = [0, 1, 1, 1, 1, 1, 0];

  test('forward 1[r > 0]', async () => {
    expect([...(await binaryMask(r()).data())]).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });

  test.each([0, 0.25])('gradient (dy + %d)·1[|r| ≤ 1]', async (sparsity) => {
    const dy = [1, 2, 3, 4, 5, 6, 7];
    const gradient = tf.grad((real) => binaryMask(real as tf.Tensor1D, sparsity))(r(), tf.tensor1d(dy));
    expect([...(await gradient.data())]).toEqual(dy.map((value, k) => (value + sparsity) * inside[k]!));
  });

  test('gradients of the gradient of Σ (w·d − t)² against the formula', async () => {
    const [w, t, v] = [1, 2, 3].map((seed) => randomNormal([7], seed)) as [NdArray, NdArray, NdArray];
    const loss = (real: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.square(tf.sub(tf.mul(w, binaryMask(real as tf.Tensor1D, 0.1)), toTensor(t))));
    const alongV = (real: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.mul(tf.grad((x) => loss(x as tf.Tensor, w))(real), toTensor(v)));
    const before = tf.memory().numTensors;
    const gradients = tf.tidy(() =>
      tf.grads((real, w) => alongV(real as tf.Tensor, w as tf.Tensor))([r(), toTensor(w)]),
    );
    const [byR, byW] = (await Promise.all(gradients.map((each) => each.data()))) as [
      Float32Array,
      Float32Array,
    ];
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(before);
    inside.forEach((within, k) => {
      const d = k > 3 ? 1 : 0;
      expect(byR[k]).toBeCloseTo(within * 2 * w.data[k]! ** 2 * v.data[k]!, 4);
      expect(byW[k]).toBeCloseTo(within * (4 * w.data[k]! * d - 2 * t.data[k]!) * v.data[k]!, 4);
    });
  });
});
