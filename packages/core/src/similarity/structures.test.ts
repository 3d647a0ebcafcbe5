import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  convolutionForward,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  toTensor,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import { plainPredictor, testPredictors } from '../../../../tools/plain-predictor';
import core, {
  foldModel,
  type Geometry,
  geometry,
  loadModel,
  NeuralSimilarityConv2D,
  neuralSimilarity,
  type Similarity,
  setMemoryLimit,
} from '../index';
import { apply, conv, sameOutputs, shake } from '../test/models';
import { matrixOf, product, smallestEigenvalue, transpose } from '../test/structure-oracle';
import { eachProduct } from './structure';

const registry = createRegistry(core, testPredictors);
beforeAll(() => registry.ready());

const structures = ['low-rank', 'symmetric', 'psd', 'orthogonal'] as const;
const names = structures.flatMap((name) => [`static-${name}`, `dynamic-${name}`] as const);
const make = (name: string, options: object = {}) =>
  registry.make('similarity', name as never, options as never) as Similarity;

const row = (taps: number) => geometry([1, taps, 2], [1, taps]);
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

/** M sees the window alone; 625 entries a position, strides and padding are the seam's to check. */
const odd = /batch 0|channels 1|kernel 1x1|kernel 2x4|3x2 stride/;

/** A software adapter takes minutes for second gradients of products of 9×9 matrices: it has M itself checked below. */
const onWebgpu = ['static-orthogonal', 'dynamic-low-rank'] as const;

onEachEngine('structures on M', (engine) => {
  const isGpu = engine === 'webgpu';
  const sizes = (options: WindowOptions): WindowOptions =>
    isGpu ? { ...options, kernelSize: [1, 3] } : options;

  test.each(isGpu ? onWebgpu : names)('%s', async (name) => {
    const similarity = make(name);
    const dynamic = similarity.source === 'predictor';
    await checkLayer({
      name,
      inputShape: [4, 3, 2],
      layer: (x, options) =>
        neuralSimilarity(x, {
          ...sizes(options),
          filters: 3,
          activation: 'tanh',
          similarity,
          ...(dynamic ? { predictor: plainPredictor } : {}),
        }),
      variants: isGpu ? [] : layerVariants([4, 3, 2]).filter((each) => odd.test(each.name)),
      load: (saved) => loadModel(registry, saved),
      oracle: (call) => oracle(similarity)({ ...call, options: sizes(call.options) }),
      secondOrder: true,
    });
  });

  test.each(names)('%s: M is what the definition says', async (name) => {
    const similarity = make(name);
    const isStatic = similarity.source === 'parameter';
    for (const taps of [1, 2, 4, 9]) {
      const shape = isStatic
        ? similarity.weights(row(taps), 1)[0]!.shape
        : [1, 1, 2, similarity.channels(taps)];
      const z = randomNormal(shape, taps);
      const found = await matricesOf(similarity, toTensor(z), row(taps));
      const wanted = isStatic ? matrixOf(name, z.data, taps) : everyMatrix(name, z, taps);
      expect(relativeError(found.flat(), wanted)).toBeLessThan(5e-6);
    }
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

  test('more matrices than fit a dispatch, with a rest', async () => {
    const [a, b] = [1, 2].map((seed) => toTensor(randomNormal([7, 24, 20], seed)) as tf.Tensor3D);
    const [parts, whole] = [3, 7].map((most) => eachProduct(a!, b!, true, most));
    expect(await parts!.array()).toEqual(await whole!.array());
    // Few are multiplied otherwise.
    const few = eachProduct(tf.slice(a!, 0, 2), tf.slice(b!, 0, 2), true);
    expect(relativeError([...(await few.data())], [...(await tf.slice(whole!, 0, 2).data())])).toBeLessThan(
      1e-6,
    );
  });

  test.each(isGpu ? [9] : [1, 2, 4, 9, 25])('orthogonal to 1e-5 for any z, %i taps', async (taps) => {
    const similarity = make('dynamic-orthogonal');
    for (const scale of isGpu ? [3, 1e17] : [1e-20, 0.3, 1, 3, 30, 1e6, 1e17, 1e20]) {
      const z = tf.mul(toTensor(randomNormal([1, 1, 3, similarity.channels(taps)], 5)), scale);
      for (const one of await matricesOf(similarity, z, row(taps))) {
        const worst = product(one, transpose(one, taps), taps).map((value, i) =>
          Math.abs(value - eye(taps)[i]!),
        );
        expect(Math.max(...worst)).toBeLessThan(1e-5);
      }
    }
  });
});

/** M at each position of z, row by row. */
async function matricesOf(similarity: Similarity, z: tf.Tensor, g: Geometry): Promise<number[][]> {
  const m = similarity.toM(z, g)!;
  const values = [...(await m.data())];
  const size = g.taps ** 2;
  return Array.from({ length: values.length / size }, (_, at) => values.slice(at * size, (at + 1) * size));
}

describe('what makes each what it is', () => {
  beforeAll(() => start('wasm'));
  const values = (similarity: Similarity, g = square) =>
    toTensor(randomNormal([1, 1, 4, similarity.channels(g.taps)], 11));

  test('symmetric: M is its transpose', async () => {
    const similarity = make('dynamic-symmetric');
    for (const m of await matricesOf(similarity, values(similarity), square)) {
      expect(m).toEqual(transpose(m, 9));
      expect(smallestEigenvalue(m, 9)).toBeLessThan(-0.5);
    }
  });

  test('positive semidefinite: symmetric, and no eigenvalue below zero', async () => {
    const similarity = make('dynamic-psd');
    for (const m of await matricesOf(similarity, values(similarity), square)) {
      for (const [i, value] of transpose(m, 9).entries()) expect(Math.abs(value - m[i]!)).toBeLessThan(1e-6);
      expect(smallestEigenvalue(m, 9)).toBeGreaterThan(-1e-5);
    }
    // Also where L is singular: a column of it is taken away.
    const flat = Array.from({ length: 45 }, (_, i) => (i === 0 ? -1 : 0));
    const [m] = await matricesOf(similarity, tf.tensor4d(flat, [1, 1, 1, 45]), square);
    expect(smallestEigenvalue(m!, 9)).toBe(0);
  });

  test('orthogonal: a rotation, with any angle: a quarter turn of two taps', async () => {
    const similarity = make('dynamic-orthogonal');
    const quarter = Math.PI / 2;
    // The A whose shortened length is the wanted angle: a/√(1 + 2a²/R²) = π/2, with R² = 2π².
    const a = quarter / Math.sqrt(1 - (2 * quarter ** 2) / (2 * Math.PI ** 2));
    const [m] = await matricesOf(similarity, tf.tensor4d([a], [1, 1, 1, 1]), row(2));
    for (const [i, wanted] of [0, -1, 1, 0].entries()) expect(m![i]).toBeCloseTo(wanted, 5);
  });

  test.each([1, 2, 9, 20])('low rank: M − I has rank %i at most', async (rank) => {
    const similarity = make('dynamic-low-rank', { rank });
    expect(similarity.channels(9)).toBe(2 * 9 * Math.min(rank, 9));
    for (const m of await matricesOf(similarity, values(similarity), square))
      expect(
        rankOf(
          m.map((value, i) => value - eye(9)[i]!),
          9,
        ),
      ).toBe(Math.min(rank, 9));
  });

  test.each(structures)('static %s folds into a plain convolution', (name) => {
    const x = tfl.input({ shape: [8, 7, 2] });
    const model = tfl.model({ inputs: x, outputs: apply(conv(make(`static-${name}`)), x) });
    shake(model);
    const folded = foldModel(model);
    expect(folded.layers.map((layer) => layer.getClassName())).toEqual(['InputLayer', 'Conv2D']);
    expect(sameOutputs(model, folded)).toBeLessThan(1e-5);
  });

  test('one M for an image', () => {
    const similarity = make('dynamic-psd');
    const layer = conv(similarity);
    const [x, z] = [tf.ones([2, 5, 4, 2]), toTensor(randomNormal([2, 1, 1, similarity.channels(6)], 2))];
    const everywhere = tf.tile(z as tf.Tensor4D, [1, 5, 4, 1]);
    const [once, spread] = [z, everywhere].map((each) => layer.apply([x, each]) as tf.Tensor);
    expect(tf.max(tf.abs(tf.sub(once!, spread!))).dataSync()[0]).toBeLessThan(1e-5);
  });

  test('multiply-adds are those of the convolution, of mixing the taps, and of making M', () => {
    const layer = (name: string) =>
      new NeuralSimilarityConv2D({ filters: 5, kernelSize: 3, similarity: make(name) });
    const [plain, mixing] = [16 * 9 * 2 * 5, 16 * 81 * 2];
    const predicted = (name: string, grid = [4, 4]) =>
      layer(name).multiplyAdds([
        [null, 6, 6, 2],
        [null, ...grid, make(name).channels(9)],
      ] as never);
    expect(layer('static-psd').multiplyAdds([null, 6, 6, 2])).toBe(plain);
    expect(predicted('dynamic-uns')).toBe(plain + mixing);
    expect(predicted('dynamic-symmetric')).toBe(plain + mixing + 16 * 45 * 81);
    expect(predicted('dynamic-psd')).toBe(plain + mixing + 16 * (45 * 81 + 729));
    expect(predicted('dynamic-psd', [1, 1])).toBe(plain + mixing + 45 * 81 + 729);
    expect(predicted('dynamic-orthogonal')).toBe(plain + mixing + 16 * (36 * 81 + 7 * 729));
    expect(predicted('dynamic-low-rank')).toBe(plain + mixing + 16 * 81 * 2);
  });
});

describe('numbers at the ends', () => {
  beforeAll(() => start('cpu'));

  test.each(names)('%s: values and gradients are finite', (name) => {
    const similarity = make(name);
    const layer = new NeuralSimilarityConv2D({ filters: 2, kernelSize: 2, similarity });
    const z = similarity.source === 'predictor' ? [tf.randomNormal([1, 2, 2, similarity.channels(4)])] : [];
    for (const [input, kernel] of [
      [1e-20, 1],
      [1e20, 1],
      [1, 0],
      [0, 0],
      [1, 1e20],
      [1e-20, 1e-20],
    ] as const) {
      const x = tf.fill([1, 3, 3, 1], input);
      const given = z.length ? [x, ...z] : x;
      layer.apply(given);
      layer.weights[0]?.write(tf.fill([2, 2, 1, 2], kernel));
      const y = (moved: tf.Tensor) =>
        tf.sum(layer.apply(moved === x ? given : [x, moved]) as tf.Tensor) as tf.Scalar;
      const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(() => y(x), variables);
      for (const tensor of [value, ...Object.values(grads), ...z.map((each) => tf.grad(y)(each))])
        expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  test.each([
    ['dynamic-low-rank', 1e18],
    ['dynamic-symmetric', 1e20],
    ['dynamic-psd', 1e18],
    ['dynamic-orthogonal', 1e20],
  ])('%s is finite, with its gradient, for z of %f', (name, most) => {
    const similarity = make(name);
    for (const scale of [most, -most, 1e-20, 0]) {
      const z = tf.fill([1, 1, 2, similarity.channels(9)], scale);
      const gradient = tf.grad((each) => tf.sum(similarity.toM(each, square)!))(z);
      for (const tensor of [similarity.toM(z, square)!, gradient])
        expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  test('what an engine cannot hold is refused before it is made', () => {
    const similarity = make('dynamic-orthogonal');
    const z = tf.zeros([1, 8, 8, similarity.channels(9)]);
    setMemoryLimit('cpu', tf.memory().numBytes + 4e5);
    try {
      expect(() => similarity.toM(z, square)).toThrow(expect.objectContaining({ code: 'ENGINE_MEMORY' }));
      expect(make('dynamic-uns').toM(tf.zeros([1, 8, 8, 81]), square)?.shape).toEqual([1, 8, 8, 9, 9]);
    } finally {
      setMemoryLimit('cpu', Number.POSITIVE_INFINITY);
    }
  });
});

test.each([
  ['static-low-rank', { rank: 0 }, 'rank'],
  ['dynamic-low-rank', { rank: 1.5 }, 'rank'],
  ['dynamic-low-rank', { l2: 1 }, 'l2'],
  ['static-symmetric', { l2: -1 }, 'l2'],
  ['dynamic-psd', { l2: 0 }, 'l2'],
  ['static-orthogonal', { init: 'identity' }, 'init'],
])('%s refuses %j', (name, options, key) => {
  expect(() => make(name, options)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
  );
});

/** By elimination with the largest pivot. */
function rankOf(matrix: readonly number[], size: number): number {
  const rows = Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size));
  let rank = 0;
  for (let column = 0; column < size; column++) {
    const below = rows.slice(rank);
    const pivot = below.reduce(
      (best, each) => (Math.abs(each[column]!) > Math.abs(best[column]!) ? each : best),
      below[0] ?? [],
    );
    if (Math.abs(pivot[column] ?? 0) < 1e-4) continue;
    rows.splice(rows.indexOf(pivot, rank), 1);
    rows.splice(rank++, 0, pivot);
    for (const each of rows.slice(rank)) {
      const factor = each[column]! / pivot[column]!;
      for (let i = column; i < size; i++) each[i]! -= factor * pivot[i]!;
    }
  }
  return rank;
}
