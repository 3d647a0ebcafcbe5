import core, { describeWeights, geometry, loadModel, multiplyAdds, type Operator } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  avgPoolForward,
  batchNormForward,
  checkLayer,
  denseForward,
  involutionForward,
  type NdArray,
  ndArray,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import hypernet from '../index';
import { variantsFor } from '../test/variants';

const registry = createRegistry(core, hypernet);
const ready = registry.ready();
const make = (options: object): Operator => registry.make('operator', 'involution', options as never);
const layer =
  (operator: Operator, args: object = {}) =>
  (x: tfl.SymbolicTensor, window?: WindowOptions) =>
    operator.apply(x, { name: 'conv1', filters: x.shape[3] as number, kernelSize: 3, ...window, ...args });
const relu = (x: NdArray): NdArray => ({ shape: x.shape, data: x.data.map((value) => Math.max(0, value)) });
const plus = (x: NdArray, bias: NdArray): NdArray =>
  ndArray(
    x.shape,
    x.data.map((value, i) => value + bias.data[i % bias.data.length]!),
  );

interface Call {
  readonly input: NdArray;
  readonly weights: readonly NdArray[];
  readonly options: WindowOptions;
  readonly training: boolean;
}

/** The paper's formula. Weights: reduce, its bias or norm, span and its bias, the bias, the norm's statistics. */
const oracle =
  (batchNorm: boolean) =>
  ({ input, weights, options, training }: Call): NdArray => {
    const left = [...weights];
    const next = () => left.shift()!;
    const { kernelSize, strides, padding: pad, dilationRate: dilations } = options;
    let hidden = denseForward(cells(input, options), next(), batchNorm ? undefined : next());
    if (batchNorm) {
      const [gamma, beta] = [next(), next()];
      const [mean, variance] = left.slice(-3) as [NdArray, NdArray, NdArray];
      hidden = training
        ? batchNormForward(hidden, gamma, beta, 1e-3).y
        : normed(hidden, gamma, beta, mean, variance);
    }
    const kernels = denseForward(relu(hidden), next(), next());
    return plus(involutionForward(input, kernels, kernelSize, { strides, pad, dilations }), next());
  };

function normed(x: NdArray, gamma: NdArray, beta: NdArray, mean: NdArray, variance: NdArray): NdArray {
  const at = (i: number, c: number) => (x.data[i]! - mean.data[c]!) / Math.sqrt(variance.data[c]! + 1e-3);
  const channels = gamma.data.length;
  return ndArray(
    x.shape,
    x.data.map((_, i) => at(i, i % channels) * gamma.data[i % channels]! + beta.data[i % channels]!),
  );
}

/** The pixel, or the mean of the pixels of the stride's cell that exist, for each position of the output. */
function cells(
  x: NdArray,
  { kernelSize, strides, padding: pad, dilationRate: dilations }: WindowOptions,
): NdArray {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const g = geometry([height, width, channels], kernelSize, { strides, pad, dilations });
  if (pad === 'same') return avgPoolForward(x, { window: strides, strides, pad });
  const first = ([0, 1] as const).map((axis) => Math.max(0, g.centre[axis] - ((strides[axis] - 1) >> 1)));
  const y = ndArray([batch, g.outHeight, g.outWidth, channels]);
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < g.outHeight; i++)
      for (let j = 0; j < g.outWidth; j++)
        for (let c = 0; c < channels; c++, at++)
          for (let p = 0; p < strides[0]; p++)
            for (let q = 0; q < strides[1]; q++) {
              const [row, column] = [first[0]! + i * strides[0] + p, first[1]! + j * strides[1] + q];
              y.data[at]! +=
                x.data[((b * height + row) * width + column) * channels + c]! / (strides[0] * strides[1]);
            }
  return y;
}

onEachEngine('involution', (engine) => {
  test.each([
    [{ groupChannels: 2, reduction: 2 }, true, 4, false],
    [{ batchNorm: false, reduction: 1 }, false, 3, true],
  ])('%j', async (given, batchNorm, channels, few) => {
    await ready;
    await checkLayer({
      name: `involution ${JSON.stringify(given)}`,
      layer: layer(make({ seed: 1, ...given })),
      inputShape: [5, 6, channels],
      oracle: oracle(batchNorm),
      variants: variantsFor(engine, [5, 6, channels], few),
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});

describe('involution', () => {
  beforeAll(async () => {
    await ready;
    await start('cpu');
  });
  const built = (operator: Operator, args: object = {}, shape: (number | null)[] = [6, 5, 32]) => {
    const x = tfl.input({ shape });
    return tfl.model({ inputs: x, outputs: layer(operator, args)(x) });
  };

  test('what its weights are for, and what it costs', () => {
    const model = built(make({ seed: 1 }), { padding: 'same' });
    const weights = describeWeights(model);
    expect(weights.map(({ name, role }) => [name, role])).toEqual([
      ['conv1_predictor_reduce/kernel', 'predictor'],
      ['conv1_predictor_bn/gamma', 'norm'],
      ['conv1_predictor_bn/beta', 'norm'],
      ['conv1_predictor_bn/moving_mean', 'norm'],
      ['conv1_predictor_bn/moving_variance', 'norm'],
      ['conv1_predictor_bn/seen', 'norm'],
      ['conv1_predictor_span/kernel', 'predictor'],
      ['conv1_predictor_span/bias', 'bias'],
      ['conv1/bias', 'bias'],
    ]);
    expect(weights[0]!.variable.shape).toEqual([1, 1, 32, 8]);
    expect(weights[6]!.variable.shape).toEqual([1, 1, 8, 2 * 9]);
    expect(multiplyAdds(model)).toBe(30 * (32 * 8 + 8 * 18 + 9 * 32));
  });

  test.each([
    [{ groupChannels: 5 }, {}, 'LAYER_OPTIONS', 'groupChannels'],
    [{ projection: false }, { filters: 7 }, 'LAYER_OPTIONS', 'projection: true'],
  ])('refuses %j with %j', (given, args, code, hint) => {
    expect(() => built(make(given), args)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });

  test('what is refused leaves no weight behind, of the projection neither', () => {
    const x = tfl.input({ shape: [6, 5, 32] });
    const before = tf.memory().numTensors;
    for (const args of [{ filters: 7 }, { filters: 32 }])
      expect(() => layer(make({ groupChannels: 5 }), args)(x)).toThrow(
        expect.objectContaining({ code: 'LAYER_OPTIONS' }),
      );
    expect(() => layer(make({}), { filters: 8, kernelSize: 7 })(x)).toThrow(
      expect.objectContaining({ code: 'GEOMETRY_KERNEL_TOO_LARGE' }),
    );
    const open = tfl.input({ shape: [null, null, 4] });
    expect(() => layer(make({}), { filters: 8 })(open)).toThrow(
      expect.objectContaining({ code: 'LAYER_INPUT' }),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses a map of unknown size', () => {
    expect(() => built(make({}), {}, [null, null, 4])).toThrow(
      expect.objectContaining({ code: 'LAYER_INPUT' }),
    );
  });
});

describe('involution on wasm alone', () => {
  beforeAll(async () => {
    await ready;
    await start('wasm');
  });

  test('channels of groups that are one image, several, or none', async () => {
    for (const [channels, groupChannels] of [
      [33, 11],
      [40, 20],
      [26, 26],
      [40, 40],
    ] as const)
      await checkLayer({
        layer: layer(make({ seed: 1, groupChannels, batchNorm: false })),
        inputShape: [3, 2, channels],
        oracle: oracle(false),
        variants: [],
        load: (saved) => loadModel(registry, saved),
      });
  });

  test('with a 1×1 convolution before it', async () => {
    await checkLayer({
      layer: layer(make({ seed: 1 }), { filters: 5, activation: 'sigmoid' }),
      inputShape: [4, 3, 2],
      variants: [],
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});
