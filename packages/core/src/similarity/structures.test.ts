import { createRegistry, NeusimError } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  randomNormal,
  toTensor,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import core, {
  foldModel,
  geometry,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Similarity,
  setMemoryLimit,
} from '../index';
import { apply, conv, sameOutputs, shake } from '../test/models';
import { plainPredictor, testPredictors } from '../test/plain-predictor';
import { matrixOf, product, smallestEigenvalue, transpose } from '../test/structure-oracle';
import { eachProduct } from './structure';

const registry = createRegistry(core, testPredictors);
beforeAll(() => registry.ready());

const structures = ['low-rank', 'symmetric', 'psd', 'orthogonal'] as const;
const names = structures.flatMap((name) => [`static-${name}`, `dynamic-${name}`] as const);
const make = (name: string, options: object = {}) =>
  registry.make('similarity', name as never, options as never) as Similarity;

const window = (taps: number) => geometry([1, taps, 2], [1, taps]);
const square = geometry([3, 3, 2], [3, 3]);

/** The start of a static M's weight, or a prediction of zeros at one position. */
const startOf = (similarity: Similarity, g = square): tf.Tensor => {
  const weight = similarity.weights(g, 1)[0];
  return weight ? weight.init.apply([...weight.shape]) : tf.zeros([1, 1, 1, similarity.channels(g.taps)]);
};
const eye = (taps: number) => Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));

/** tanh(conv + bias) with M from the second weight, or at each position from the plain predictor. */
const oracle =
  ({ name, source }: Similarity): LayerOracle =>
  ({ input, weights, options }) => {
    const dynamic = source === 'predictor';
    const [predictorKernel, kernel, bias, z] = (dynamic ? weights : [undefined, ...weights]) as NdArray[];
    const taps = options.kernelSize[0] * options.kernelSize[1];
    const predicted =
      dynamic && convolutionForward({ x: input, w: predictorKernel!, m: null }, windowOf(options));
    const m = predicted
      ? ndArray([...predicted.shape.slice(0, 3), taps, taps], everyMatrix(name, predicted, taps))
      : ndArray([taps, taps], matrixOf(name, z!.data, taps));
    const y = convolutionForward({ x: input, w: kernel!, m }, windowOf(options));
    return ndArray(
      y.shape,
      y.data.map((value, i) => Math.tanh(value + bias!.data[i % 3]!)),
    );
  };

const windowOf = ({ strides, padding, dilationRate }: WindowOptions) => ({
  strides,
  pad: padding,
  dilations: dilationRate,
});

function everyMatrix(name: string, z: NdArray, taps: number): number[] {
  const channels = z.shape[3]!;
  const positions = z.data.length / channels;
  return Array.from({ length: positions }, (_, at) =>
    matrixOf(name, z.data.subarray(at * channels, (at + 1) * channels), taps),
  ).flat();
}

/** Windows that M does not see, and 625 entries a position, are left to the seam. */
const odd = /batch|channels 1|kernel 1x1|kernel 2x4|3x2 stride|stride 2x1 dil/;
/** A software adapter takes a second for a window. */
const oddOnWebgpu = /batch [01]$|3x2 stride/;

onEachEngine('structures on M', (engine) => {
  test.each(names)('%s', async (name) => {
    const similarity = make(name);
    const dynamic = similarity.source === 'predictor';
    await checkLayer({
      name,
      inputShape: [5, 4, 2],
      layer: (x, options) =>
        neuralSimilarity(x, {
          ...options,
          filters: 3,
          activation: 'tanh',
          similarity,
          ...(dynamic ? { predictor: plainPredictor } : {}),
        }),
      variants: layerVariants([5, 4, 2]).filter((each) =>
        (engine === 'webgpu' ? oddOnWebgpu : odd).test(each.name),
      ),
      load: (saved) => loadModel(registry, saved),
      oracle: oracle(similarity),
      secondOrder: true,
    });
  });

  test.each(names)('%s starts at M = I exactly, and every start gets a gradient', async (name) => {
    const similarity = make(name);
    const random = toTensor(randomNormal([9, 9], 3));
    const [m, gradient] = tf.tidy(() => {
      const z = startOf(similarity);
      const loss = (value: tf.Tensor) =>
        tf.sum(tf.mul(random, tf.reshape(similarity.toM(value, square)!, [9, 9]))) as tf.Scalar;
      return [similarity.toM(z, square)!, tf.grad(loss)(z)] as const;
    });
    expect([...(await m.data())].map((value) => value + 0)).toEqual(eye(9));
    const values = [...(await gradient.data())];
    // Of U there is none yet: it is V that moves first.
    const moving = name.endsWith('low-rank') ? values.slice(values.length / 2) : values;
    expect(moving.every((value) => Math.abs(value) > 1e-6)).toBe(true);
  });

  test('more matrices than fit a dispatch of WebGPU', async () => {
    const similarity = make('dynamic-symmetric');
    const z = tf.tile(tf.tensor4d([0.5, -1, 2], [1, 1, 1, 3]), [1, 241, 273, 1]);
    const m = tf.tidy(() => {
      const matrices = tf.reshape(similarity.toM(z, window(2))!, [241 * 273, 2, 2]) as tf.Tensor3D;
      return tf.slice(eachProduct(matrices, matrices, true), [65533, 0, 0], [4, 2, 2]);
    });
    for (const matrix of (await m.array()) as number[][][])
      expect(matrix).toEqual([
        [3.25, -4.5],
        [-4.5, 10],
      ]);
  });

  test.each([1, 2, 4, 9])('orthogonal to 1e-5 for any z, %i taps', async (taps) => {
    const similarity = make('dynamic-orthogonal');
    for (const scale of [1e-20, 0.3, 1, 3, 30, 1e6, 1e17]) {
      const z = tf.mul(toTensor(randomNormal([1, 1, 3, similarity.channels(taps)], 5)), scale);
      const m = [...(await similarity.toM(z, window(taps))!.data())];
      for (let at = 0; at < 3; at++) {
        const one = m.slice(at * taps ** 2, (at + 1) * taps ** 2);
        const worst = product(one, transpose(one, taps), taps).map((value, i) =>
          Math.abs(value - eye(taps)[i]!),
        );
        expect(Math.max(...worst)).toBeLessThan(1e-5);
      }
    }
  });

  test('values and gradients are finite for tiny and huge numbers', async () => {
    for (const name of names) {
      const similarity = make(name);
      const channels = similarity.channels(4);
      const layer = new NeuralSimilarityConv2D({ filters: 2, kernelSize: 2, similarity });
      const z = similarity.source === 'predictor' ? [tf.randomNormal([1, 2, 2, channels])] : [];
      for (const [inputs, kernels] of [
        [1e-20, 1],
        [1e20, 1],
        [1, 0],
        [0, 0],
        [1, 1e20],
        [1e-20, 1e-20],
      ] as const) {
        const x = tf.fill([1, 3, 3, 1], inputs);
        layer.apply([x, ...z].length === 1 ? x : [x, ...z]);
        layer.weights[0]!.write(tf.fill([2, 2, 1, 2], kernels));
        const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const { value, grads } = tf.variableGrads(
          () => tf.sum(layer.apply([x, ...z].length === 1 ? x : [x, ...z]) as tf.Tensor) as tf.Scalar,
          variables,
        );
        for (const tensor of [value, ...Object.values(grads)])
          expect((await tensor.data()).every(Number.isFinite)).toBe(true);
      }
    }
  });
});
