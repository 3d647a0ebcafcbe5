import core, { describeWeights, loadModel, NeuralSimilarityConv2D, neuralSimilarity } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
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
import masks, { binaryMask } from './index';
import { backends, start } from './test/backends';

const registry = createRegistry(core, masks, hypernet);
type Side = 'kernel' | 'input';
type Static = 'inner-product' | 'static-dns' | 'static-uns';

/** y with D and M as one K×K matrix, by float64 loops. */
const oracle =
  (similarity: Static, side: Side): LayerOracle =>
  ({ input: x, weights, options }) => {
    const w = weights[0]!;
    const d = weights.at(-1)!.data.map((r) => (r > 0 ? 1 : 0));
    const taps = d.length;
    const m = ndArray([taps, taps]);
    for (let k = 0; k < taps; k++)
      for (let s = 0; s < taps; s++) {
        const diagonal = k === s ? 1 : 0;
        const given = weights[1]!.data;
        const entry = {
          'inner-product': diagonal,
          'static-dns': diagonal * given[k]!,
          'static-uns': given[k * taps + s]!,
        };
        m.data[k * taps + s] = entry[similarity] * d[side === 'kernel' ? k : s]!;
      }
    const { strides, padding, dilationRate } = options;
    return convolutionForward({ x, w, m }, { strides, pad: padding, dilations: dilationRate });
  };

describe.each(backends)('learned-binary on %s', (backend) => {
  beforeAll(() => start(backend));

  describe.each(['kernel', 'input'] as const)('side %s', (side) => {
    const shape = () => registry.make('shape', 'learned-binary', { side });

    test.each(['inner-product', 'static-dns', 'static-uns'] as const)('%s', async (similarity) => {
      await checkLayer({
        name: `learned-binary, ${similarity}`,
        layer: (_, window) =>
          new NeuralSimilarityConv2D({
            filters: 3,
            useBias: false,
            ...window,
            similarity: registry.make('similarity', similarity, {} as never),
            shape: shape(),
          }),
        inputShape: [6, 7, 2],
        variants: [
          ...layerVariants([6, 7, 2]),
          ...layerVariants([6, 7, 2])
            .slice(1, 2)
            .map((variant) => ({
              ...variant,
              name: 'kernel 7x7',
              options: { ...variant.options, kernelSize: [7, 7] as [number, number] },
            })),
        ],
        oracle: oracle(similarity, side),
        surrogate: (name) => name.endsWith('/shape'),
        secondOrder: true,
        load: (saved) => loadModel(registry, saved),
      });
    });

    test.each(['dynamic-dns', 'dynamic-uns'] as const)('%s', async (similarity) => {
      await checkLayer({
        name: `learned-binary, ${similarity}`,
        layer: (x, window) =>
          neuralSimilarity(x, {
            filters: 2,
            useBias: false,
            ...window,
            similarity: registry.make('similarity', similarity, {} as never),
            shape: shape(),
            predictor: registry.make('predictor', 'conv', {
              hidden: 4,
              batchNorm: false,
              start: 'authors',
              seed: 1,
            }),
          }),
        inputShape: [4, 5, 2],
        variants: layerVariants([4, 5, 2]).filter(({ name }) => /3x2|valid/.test(name)),
        surrogate: (name) => name.endsWith('/shape'),
        load: (saved) => loadModel(registry, saved),
      });
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

describe.each(backends)('straight through on %s', (backend) => {
  beforeAll(() => start(backend));
  const r = () => tf.tensor1d([-1.5, -1, -0.2, 0, 0.2, 1, 1.5]);
  const inside = [0, 1, 1, 1, 1, 1, 0];

  test('forward 1[r > 0]', () => {
    expect([...binaryMask(r()).dataSync()]).toEqual([0, 0, 0, 0, 1, 1, 1]);
  });

  test.each([0, 0.25])('gradient (dy + %d)·1[|r| ≤ 1]', (sparsity) => {
    const dy = [1, 2, 3, 4, 5, 6, 7];
    const gradient = tf.grad((real) => binaryMask(real as tf.Tensor1D, sparsity))(r(), tf.tensor1d(dy));
    expect([...gradient.dataSync()]).toEqual(dy.map((value, k) => (value + sparsity) * inside[k]!));
  });

  test('gradients of the gradient of Σ (w·d − t)² against the formula', () => {
    const [w, t, v] = [1, 2, 3].map((seed) => randomNormal([7], seed)) as [NdArray, NdArray, NdArray];
    const loss = (real: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.square(tf.sub(tf.mul(w, binaryMask(real as tf.Tensor1D, 0.1)), toTensor(t))));
    const alongV = (real: tf.Tensor, w: tf.Tensor) =>
      tf.sum(tf.mul(tf.grad((x) => loss(x as tf.Tensor, w))(real), toTensor(v)));
    const before = tf.memory().numTensors;
    const [byR, byW] = tf.tidy(() =>
      tf
        .grads((real, w) => alongV(real as tf.Tensor, w as tf.Tensor))([r(), toTensor(w)])
        .map((gradient) => [...gradient.dataSync()]),
    ) as [number[], number[]];
    expect(tf.memory().numTensors).toBe(before);
    inside.forEach((within, k) => {
      const d = k > 3 ? 1 : 0;
      expect(byR[k]).toBeCloseTo(within * 2 * w.data[k]! ** 2 * v.data[k]!, 4);
      expect(byW[k]).toBeCloseTo(within * (4 * w.data[k]! * d - 2 * t.data[k]!) * v.data[k]!, 4);
    });
  });
});
