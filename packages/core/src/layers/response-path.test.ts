// A response's products are those of what the taps read: masked, moved, modulated, in the layer's own format.
import { createRegistry, define, noOptions, plugin } from '@neusim/registry';
import {
  checkLayer,
  convolutionGeometry,
  fromTensor,
  type LayerOracle,
  layerVariants,
  type NdArray,
  ndArray,
  patchesOf,
  type ResponseSpec,
  randomNormal,
  relativeError,
  responseForward,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import core, { loadModel, NeuralSimilarityConv2D, type Shape, type Similarity, summarize } from '../index';

/** A D of any values. */
const soft: Shape = {
  name: 'soft',
  options: {},
  weights: ({ taps }) => [
    {
      name: 'd',
      shape: [taps],
      init: tfl.initializers.randomUniform({ minval: 0.2, maxval: 1 }),
      role: 'shape',
    },
  ],
  taps: ([mask]) => ({ mask: mask as tf.Tensor }),
};

/** Taps that are masked, moved and modulated, the same at all positions, in so many groups of channels. */
const moved = (groups: number): Shape => ({
  ...soft,
  name: `moved-${groups}`,
  weights: (g, layer) => [
    ...soft.weights(g, layer),
    {
      name: 'offsets',
      shape: [groups, g.taps, 2],
      init: tfl.initializers.randomUniform({ minval: -1.4, maxval: 1.4 }),
      role: 'shape',
    },
    {
      name: 'modulation',
      shape: [groups, g.taps],
      init: tfl.initializers.randomUniform({ minval: 0.5, maxval: 2 }),
      role: 'shape',
    },
  ],
  taps: ([mask, offsets, modulation]) => ({
    mask: mask as tf.Tensor,
    offsets: tf.reshape(offsets as tf.Tensor, [1, 1, 1, -1]) as tf.Tensor4D,
    modulation: tf.reshape(modulation as tf.Tensor, [1, 1, 1, -1]) as tf.Tensor4D,
  }),
});
const shapes = [soft, moved(1), moved(2)];

const registry = createRegistry(
  core,
  plugin(
    'by-hand',
    '1.0.0',
    shapes.map((shape) =>
      define({
        kind: 'shape',
        name: shape.name,
        version: '1.0.0',
        summary: shape.name,
        options: noOptions,
        load: () => () => shape,
      }),
    ),
  ),
);
beforeAll(() => registry.ready());

const make = (name: 'hyperspherical' | 'decoupled', options: object) =>
  registry.make('similarity', name, options as never) as Similarity;

/** modulation · x at the lattice plus offsets, bilinear, zeros outside: [B,H',W',K,C]. */
function readAt(x: NdArray, w: NdArray, offsets: NdArray, modulation: NdArray, options: never): NdArray {
  const g = convolutionGeometry(x.shape, w.shape, options);
  const { batch, rows, columns, channels, taps } = g;
  const perGroup = channels / offsets.shape[0]!;
  const patches = ndArray([batch, rows.out, columns.out, taps, channels]);
  let at = 0;
  const value = (b: number, row: number, column: number, c: number) =>
    row < 0 || row >= rows.size || column < 0 || column >= columns.size
      ? 0
      : x.data[((b * rows.size + row) * columns.size + column) * channels + c]!;
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < rows.out; i++)
      for (let j = 0; j < columns.out; j++)
        for (let s = 0; s < taps; s++)
          for (let c = 0; c < channels; c++) {
            const tap = Math.floor(c / perGroup) * taps + s;
            const row = rows.read(i, Math.floor(s / columns.taps)) + offsets.data[2 * tap]!;
            const column = columns.read(j, s % columns.taps) + offsets.data[2 * tap + 1]!;
            const [top, left] = [Math.floor(row), Math.floor(column)];
            const [down, right] = [row - top, column - left];
            patches.data[at++] =
              modulation.data[tap]! *
              ((1 - down) * (1 - right) * value(b, top, left, c) +
                (1 - down) * right * value(b, top, left + 1, c) +
                down * (1 - right) * value(b, top + 1, left, c) +
                down * right * value(b, top + 1, left + 1, c));
          }
  return patches;
}

const spec: ResponseSpec = {
  angle: 'linear',
  magnitude: 'tanh',
  alpha: 1,
  beta: 0.5,
  k: 0.3,
  radius: 2,
  weighted: 'linear',
  kernelRadius: 1,
  epsilon: 1e-4,
};

const oracle: LayerOracle = ({ input, weights, options: { strides, padding, dilationRate } }) => {
  const [w, mask, offsets, modulation] = weights as [NdArray, NdArray, NdArray, NdArray];
  const options = { strides, pad: padding, dilations: dilationRate };
  const patches = offsets
    ? readAt(input, w, offsets, modulation, options as never)
    : patchesOf(input, w, options);
  return responseForward({ patches, w, mask: mask.data }, spec);
};

onEachEngine('a response', (engine) => {
  test.each((engine === 'webgpu' ? shapes.slice(-1) : shapes).map((shape) => [shape.name, shape] as const))(
    'of taps that are %s',
    async (name, shape) => {
      const { angle, magnitude, radius, weighted } = spec;
      await checkLayer({
        name,
        inputShape: engine === 'webgpu' ? [3, 2, 2] : [4, 3, 2],
        layer: (x, window) =>
          new NeuralSimilarityConv2D({
            ...window,
            filters: 3,
            useBias: false,
            similarity: make('decoupled', { angle, magnitude, radius, weighted }),
            shape,
          }).apply(x),
        load: (saved) => loadModel(registry, saved),
        oracle,
        variants: layerVariants([5, 4, 2]).filter(
          (variant) => engine !== 'webgpu' && /batch 0|3x2 stride|2x1 dilation/.test(variant.name),
        ),
        secondOrder: engine !== 'webgpu',
      });
    },
  );
});

describe('a layer with a response', () => {
  beforeAll(() => start('cpu'));

  test('has bias, activation and channelsFirst as every layer', async () => {
    const similarity = make('hyperspherical', { angle: 'sigmoid' });
    const args = { filters: 3, kernelSize: 3, strides: 2, padding: 'same', similarity } as const;
    const x = toTensor(randomNormal([2, 5, 4, 2], 1));
    const bare = new NeuralSimilarityConv2D({ ...args, useBias: false });
    const dressed = new NeuralSimilarityConv2D({
      ...args,
      activation: 'relu',
      biasInitializer: tfl.initializers.constant({ value: 0.25 }),
      dataFormat: 'channelsFirst',
    });
    const y = bare.apply(x) as tf.Tensor;
    const first = tf.transpose(x, [0, 3, 1, 2]);
    dressed.apply(first);
    dressed.weights[0]!.write(bare.weights[0]!.read());
    const met = tf.transpose(dressed.apply(first) as tf.Tensor, [0, 2, 3, 1]);
    expect(met.shape).toEqual([2, 3, 2, 3]);
    expect(relativeError(await met.data(), await tf.relu(tf.add(y, 0.25)).data())).toBeLessThan(1e-6);
  });

  test('a tap that D removes counts in no product: what it reads changes nothing', async () => {
    const centre: Shape = {
      name: 'centre',
      options: {},
      weights: () => [],
      taps: () => ({ mask: tf.tensor1d([0, 0, 0, 0, 1, 0, 0, 0, 0]) }),
    };
    for (const similarity of [make('hyperspherical', {}), make('decoupled', { magnitude: 'linear' })]) {
      const layer = new NeuralSimilarityConv2D({
        filters: 2,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        similarity,
        shape: centre,
      });
      const x = randomNormal([1, 3, 3, 2], 2);
      const there = async (input: NdArray) => {
        const y = await fromTensor(layer.apply(toTensor(input)) as tf.Tensor);
        return y.data.slice(8, 10);
      };
      const before = await there(x);
      const around = ndArray(
        x.shape,
        x.data.map((value, i) => (i === 8 || i === 9 ? value : 100 * value)),
      );
      expect([...(await there(around))]).toEqual([...before]);
      // And it is that of a window of one tap.
      const w = (await fromTensor(layer.weights[0]!.read())).data.slice(16, 20);
      const wanted = responseForward(
        { patches: ndArray([1, 1, 1, 1, 2], x.data.slice(8, 10)), w: ndArray([1, 1, 2, 2], w) },
        {
          ...spec,
          angle: 'cosine',
          magnitude: similarity.name === 'decoupled' ? 'linear' : 'sphere',
          weighted: false,
        },
      );
      expect(relativeError(before, wanted.data)).toBeLessThan(1e-5);
    }
  });

  test('of a D between 0 and 1 is by its products, where it is a plain convolution too', async () => {
    const layer = new NeuralSimilarityConv2D({
      filters: 3,
      kernelSize: 3,
      useBias: false,
      similarity: make('decoupled', { magnitude: 'linear', weighted: 'tanh' }),
      shape: soft,
    });
    const x = randomNormal([1, 3, 3, 2], 2);
    const y = await fromTensor(layer.apply(toTensor(x)) as tf.Tensor);
    const [w, mask] = await Promise.all(layer.weights.map((weight) => fromTensor(weight.read())));
    const wanted = responseForward(
      {
        patches: patchesOf(x, w!, { strides: [1, 1], pad: 'valid', dilations: [1, 1] }),
        w: w!,
        mask: mask!.data,
      },
      { ...spec, angle: 'cosine', magnitude: 'linear', weighted: 'tanh' },
    );
    expect(relativeError(y.data, wanted.data)).toBeLessThan(1e-5);
  });

  test.each([
    ['offsets of no whole number of groups', { offsets: [1, 1, 1, 27] }],
    ['offsets of groups that do not divide the channels', { offsets: [1, 1, 1, 3 * 18] }],
    ['a modulation of other groups than the offsets', { offsets: [1, 1, 1, 36], modulation: [1, 1, 1, 9] }],
    ['offsets of another grid', { offsets: [1, 2, 1, 18] }],
    ['a mask of fewer taps', { mask: [8] }],
  ] as [string, Record<string, number[]>][])('refuses %s', (_, sizes) => {
    const taps = () => Object.fromEntries(Object.entries(sizes).map(([key, size]) => [key, tf.ones(size)]));
    const shape: Shape = { name: 'wrong', options: {}, weights: () => [], taps };
    for (const similarity of [make('hyperspherical', {}), make('decoupled', { magnitude: 'linear' })]) {
      const layer = new NeuralSimilarityConv2D({ filters: 2, kernelSize: 3, similarity, shape });
      expect(() => layer.apply(tf.zeros([1, 5, 5, 4]))).toThrow(
        expect.objectContaining({ code: 'SIMILARITY_SHAPE' }),
      );
    }
  });

  test.each([
    // 5·4·3 squares, and their sums over 9 taps.
    [undefined, 5 * 4 * 3 + 5 * 4 * 9],
    // 9 taps of 3 channels squared at each position.
    [moved(1), 5 * 4 * 9 * 3 + 5 * 4 * 9],
  ])('counts the norms of its patches', (shape, norms) => {
    const cost = (similarity: Similarity) => {
      const x = tfl.input({ shape: [5, 4, 3] });
      const layer = new NeuralSimilarityConv2D({
        filters: 2,
        kernelSize: 3,
        padding: 'same',
        similarity,
        ...(shape ? { shape } : {}),
      });
      const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor });
      return summarize(model)[1]!.multiplyAdds;
    };
    expect(cost(make('hyperspherical', {}))).toBe(5 * 4 * 9 * 3 * 2 + norms);
    // This one is a plain convolution.
    expect(cost(make('decoupled', { magnitude: 'linear' }))).toBe(5 * 4 * 9 * 3 * 2);
  });
});
