/**
 * The methods that neural similarity has as special cases, one test for each claim of the paper's poster. That a 0/1
 * lattice D on the input side is a dilated convolution stands beside D, in packages/masks/src/learned-binary.test.ts.
 */
import { learnedBinary } from '@neusim/masks';
import {
  convolutionGeometry,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../tools/engines';
import { NeuralSimilarityConv2D, patchEnergy, similarityConv2d, staticDns, staticUns } from './index';

const options = {
  strides: [2, 1],
  pad: [
    [1, 1],
    [0, 1],
  ],
  dilations: [1, 1],
} as const;
const xShape = [2, 5, 4, 3] as const;

onEachEngine('special cases', () => {
  const values = async (t: tf.Tensor) => [...(await t.data())];

  test('M = I is the inner product, in every form that M has', async () => {
    const x = toTensor<tf.Rank.R4>(randomNormal(xShape, 1));
    const w = toTensor<tf.Rank.R4>(randomNormal([3, 2, 3, 2], 2));
    const plain = await values(similarityConv2d(x, w, null, options));
    const [ones, eye] = [tf.ones([6]), tf.eye(6)];
    const [, height, width] = convolutionGeometry(xShape, [3, 2, 3, 2], options).outputShape;
    const grid = [2, height, width];
    for (const m of [
      ones,
      eye,
      tf.reshape(ones, [1, 1, 1, 6]),
      tf.reshape(eye, [1, 1, 1, 6, 6]),
      tf.broadcastTo(ones, [...grid, 6]),
      tf.broadcastTo(eye, [...grid, 6, 6]),
    ])
      expect(relativeError(await values(similarityConv2d(x, w, m, options)), plain)).toBeLessThan(1e-5);
  });

  // One filter: M is shared by all filters, and ‖W‖ is of one.
  test('M = diag(1/(‖W‖·‖X‖)) is the cosine, hyperspherical convolution', async () => {
    const [xs, ws] = [randomNormal(xShape, 3), randomNormal([3, 2, 3, 1], 4)];
    const [x, w] = [toTensor<tf.Rank.R4>(xs), toTensor<tf.Rank.R4>(ws)];
    const lengths = tf.mul(tf.sqrt(patchEnergy(x, [3, 2], options)), tf.norm(w)) as tf.Tensor4D;
    const m = tf.tile(tf.div(1, lengths), [1, 1, 1, 6]);
    const found = await values(similarityConv2d(x, w, m, options));
    expect(relativeError(found, cosines(xs, ws))).toBeLessThan(1e-5);
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(1);
    // In the direction of W the cosine is 1, however long the patch is.
    const patch = tf.mul(tf.reshape(w, [1, 3, 2, 3]), 7) as tf.Tensor4D;
    const ownLength = tf.mul(tf.sqrt(patchEnergy(patch, [3, 2])), tf.norm(w)) as tf.Tensor4D;
    const one = similarityConv2d(patch, w, tf.tile(tf.div(1, ownLength), [1, 1, 1, 6]));
    expect((await values(one))[0]).toBeCloseTo(1, 5);
  });

  test('static DNS with D learned is DNS with zeros', async () => {
    const x = toTensor<tf.Rank.R4>(randomNormal(xShape, 5));
    const w = toTensor(randomNormal([3, 2, 3, 2], 6));
    const m = [0.5, -1, 2, 1.5, 0.25, 3];
    const real = [0.7, -0.2, 0.1, -0.9, 0.4, -0.1];
    const layer = (shape?: ReturnType<typeof learnedBinary>) =>
      new NeuralSimilarityConv2D({
        filters: 2,
        kernelSize: [3, 2],
        useBias: false,
        similarity: staticDns({ init: 'identity', l2: 0 }),
        ...(shape ? { shape } : {}),
      });
    const zeros = layer();
    zeros.apply(x);
    zeros.setWeights([w, tf.tensor1d(m.map((value, tap) => (real[tap]! > 0 ? value : 0)))]);
    const wanted = await values(zeros.apply(x) as tf.Tensor);
    for (const side of ['kernel', 'input'] as const) {
      const masked = layer(learnedBinary({ init: 0.5, side, sparsity: 0, learningRateScale: 1 }));
      masked.apply(x);
      masked.setWeights([w, tf.tensor1d(m), tf.tensor1d(real)]);
      expect(relativeError(await values(masked.apply(x) as tf.Tensor), wanted)).toBeLessThan(1e-6);
    }
  });

  test('a permutation M is a convolution whose kernel has its taps in another order', async () => {
    const x = toTensor<tf.Rank.R4>(randomNormal(xShape, 7));
    const w = randomNormal([2, 2, 3, 2], 8);
    const order = [2, 0, 3, 1];
    const permutation = tf.tensor2d(order.map((s) => [0, 1, 2, 3].map((column) => (column === s ? 1 : 0))));
    const moved = ndArray(w.shape);
    for (const [k, s] of order.entries()) moved.data.set(w.data.subarray(k * 6, k * 6 + 6), s * 6);
    const layer = new NeuralSimilarityConv2D({
      filters: 2,
      kernelSize: 2,
      useBias: false,
      similarity: staticUns({ init: 'identity', l2: 0 }),
    });
    layer.apply(x);
    layer.setWeights([toTensor(w), permutation]);
    const wanted = await values(similarityConv2d(x, toTensor<tf.Rank.R4>(moved), null));
    expect(relativeError(await values(layer.apply(x) as tf.Tensor), wanted)).toBeLessThan(1e-6);
  });
});

/** ⟨w, patch⟩/(‖w‖·‖patch‖) of one filter at every position, in loops. */
function cosines(x: NdArray, w: NdArray): number[] {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const { outputShape } = convolutionGeometry(x.shape, w.shape, options);
  const at = (b: number, row: number, column: number, c: number) =>
    row < 0 || column < 0 || row >= height || column >= width
      ? 0
      : x.data[((b * height + row) * width + column) * channels + c]!;
  const found: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < outputShape[1]; i++)
      for (let j = 0; j < outputShape[2]; j++) {
        let [dot, patch] = [0, 0];
        for (let k = 0; k < 6; k++)
          for (let c = 0; c < channels; c++) {
            const value = at(b, 2 * i + Math.floor(k / 2) - 1, j + (k % 2), c);
            dot += value * w.data[k * channels + c]!;
            patch += value ** 2;
          }
        found.push(dot / Math.sqrt(patch * w.data.reduce((sum, value) => sum + value ** 2, 0)));
      }
  return found;
}
