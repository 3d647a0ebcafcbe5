import core, { describeWeights, geometry, loadModel, multiplyAdds, type Operator } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  checkLayer,
  denseForward,
  fromTensor,
  imageMeans,
  mixtureForward,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  softmaxForward,
  toTensor,
  type WindowOptions,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { onEachEngine, start } from '../../../../tools/engines';
import hypernet from '../index';
import { variantsFor } from '../test/variants';
import { cheapest, mixed, together } from './mixture';

const registry = createRegistry(core, hypernet);
const ready = registry.ready();
const make = (options: object): Operator => registry.make('operator', 'cond-conv', options as never);
const layer =
  (operator: Operator, args: object = {}) =>
  (x: tfl.SymbolicTensor, window?: WindowOptions) =>
    operator.apply(x, { name: 'conv1', filters: 3, kernelSize: 3, ...window, ...args });
const map = (x: NdArray, f: (value: number) => number): NdArray => ({ shape: x.shape, data: x.data.map(f) });

/** The paper's formula, from the mean over positions to the bias. Weights: those of the routing, then the layer's. */
function oracle(routing: 'sigmoid' | 'softmax', temperature: number, hidden: boolean) {
  return ({
    input,
    weights,
    options,
  }: {
    input: NdArray;
    weights: readonly NdArray[];
    options: WindowOptions;
  }) => {
    const [first, second, ...rest] = weights as [NdArray, NdArray, ...NdArray[]];
    let logits = denseForward(imageMeans(input), first, second);
    if (hidden)
      logits = denseForward(
        map(logits, (value) => Math.max(0, value)),
        rest.shift()!,
        rest.shift()!,
      );
    logits = map(logits, (value) => value / temperature);
    const shares =
      routing === 'sigmoid' ? map(logits, (value) => 1 / (1 + Math.exp(-value))) : softmaxForward(logits);
    const [experts, bias] = rest as [NdArray, NdArray];
    const { strides, padding: pad, dilationRate: dilations } = options;
    const y = mixtureForward(input, experts, { kernel: shares }, { strides, pad, dilations });
    const mixed = denseForward(shares, bias);
    const filters = y.shape[3]!;
    const each = y.data.length / (y.shape[0]! || 1);
    return ndArray(
      y.shape,
      y.data.map((value, i) => value + mixed.data[Math.floor(i / each) * filters + (i % filters)]!),
    );
  };
}

onEachEngine('cond-conv', (engine) => {
  test.each([
    ['sigmoid', {}, false, false],
    ['softmax', { routing: 'softmax', temperature: 3 }, true, true],
    ['sigmoid', { hidden: 2, experts: 1 }, true, true],
  ] as const)('%s %j', async (routing, given, hidden, few) => {
    await ready;
    const operator = make({ experts: 3, seed: 1, ...given });
    await checkLayer({
      name: `cond-conv ${JSON.stringify(given)}`,
      layer: layer(operator),
      inputShape: [5, 6, 2],
      oracle: oracle(routing, 'temperature' in given ? given.temperature : 1, hidden),
      variants: variantsFor(engine, [5, 6, 2], few),
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});

onEachEngine('a kernel mixed for each image', () => {
  test('cond-conv, where that costs less', async () => {
    await ready;
    const [x, filters] = [[12, 12, 4], 4] as const;
    expect(cheapest(3, geometry(x, [3, 3], { pad: 'same' }), 8, filters)).toBe('mixed');
    await checkLayer({
      layer: layer(make({ seed: 1 }), { filters }),
      inputShape: x,
      oracle: oracle('sigmoid', 1, false),
      variants: [],
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });

  test.each([1, 3])(
    'is the mixture of what each kernel gives, with factors for taps, batch %i',
    async (batch) => {
      const values = [
        [batch, 5, 4, 2],
        [3, 3, 2, 2, 3],
        [batch, 3],
        [batch, 6],
      ].map((shape, i) => toTensor(randomNormal(shape, i + 1)));
      const options = { strides: [2, 1], pad: 'same' } as const;
      const results = await Promise.all(
        [mixed, together].flatMap((way) => {
          const f = (x: tf.Tensor, w: tf.Tensor, r: tf.Tensor, tap: tf.Tensor) =>
            way(x as tf.Tensor4D, w as tf.Tensor5D, r as tf.Tensor2D, options, tap as tf.Tensor2D);
          const first = tf.grads((...given) =>
            tf.sum(tf.square(f(...(given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])))),
          );
          const second = tf.grads((...given) => tf.addN(first(given).map((g) => tf.sum(tf.square(g)))));
          return [first, second].flatMap((gradients) => gradients(values)).map(fromTensor);
        }),
      );
      const half = results.length / 2;
      for (let i = 0; i < half; i++)
        expect(relativeError(results[i]!.data, results[half + i]!.data)).toBeLessThan(1e-5);
    },
  );
});

describe('cond-conv', () => {
  beforeAll(async () => {
    await ready;
    await start('cpu');
  });
  const built = (operator: Operator, args: object = {}) => {
    const x = tfl.input({ shape: [6, 5, 4] });
    return tfl.model({ inputs: x, outputs: layer(operator, args)(x) });
  };

  test('what its weights are for, and what it costs', () => {
    const model = built(make({ seed: 1, l2: 0.1 }));
    expect(describeWeights(model)).toMatchObject([
      { name: 'conv1_predictor_routing/kernel', role: 'predictor', l2: 0.1 },
      { name: 'conv1_predictor_routing/bias', role: 'bias' },
      { name: 'conv1/experts', role: 'filter', l2: undefined },
      { name: 'conv1/bias', role: 'bias' },
    ]);
    expect(describeWeights(model).map(({ variable }) => variable.shape)).toEqual([
      [1, 1, 4, 8],
      [8],
      [8, 3, 3, 4, 3],
      [8, 3],
    ]);
    expect(multiplyAdds(model)).toBe(4 * 8 + 9 * 4 * 3 * (4 * 3 + 8));
    model.dispose();
  });

  test('each kernel starts by itself, as if it were the only one, and a seed gives the same again', () => {
    const experts = (seed?: number) => {
      const kernelInitializer = tfl.initializers.glorotNormal({ seed } as never);
      const model = built(make({ experts: 3 }), { filters: 200, kernelInitializer });
      const all = model.getWeights()[2]!.dataSync();
      const size = all.length / 3;
      return [0, 1, 2].map((i) => all.slice(i * size, (i + 1) * size));
    };
    const [first, second, third] = experts(5) as [Float32Array, Float32Array, Float32Array];
    expect(first[0]).not.toBe(second[0]);
    expect(second[0]).not.toBe(third[0]);
    expect(experts(5)[1]).toEqual(second);
    const deviation = Math.sqrt(second.reduce((sum, value) => sum + value * value, 0) / second.length);
    // Glorot's of one kernel: 36 inputs and 9·200 outputs (tfjs cuts at two deviations).
    expect(deviation / Math.sqrt(2 / (36 + 1800))).toBeCloseTo(1, 0);
    expect(experts()[0]).not.toEqual(experts()[0]);
  });

  test('high temperature is the mean of the kernels', () => {
    const model = built(make({ experts: 2, routing: 'softmax', temperature: 1e6, seed: 1 }), {
      useBias: false,
    });
    const x = tf.randomNormal([2, 6, 5, 4], 0, 1, 'float32', 1) as tf.Tensor4D;
    const experts = model.getWeights().at(-1)!;
    const expected = tf.conv2d(x, tf.mean(experts, 0) as tf.Tensor4D, 1, 'valid').dataSync();
    const y = (model.predict(x) as tf.Tensor).dataSync();
    expect(Math.max(...y.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
  });

  test.each([
    [{ experts: 0 }, 'experts'],
    [{ routing: 'relu' }, 'routing'],
    [{ temperature: 0 }, 'temperature'],
    [{ hidden: -1 }, 'hidden'],
    [{ exprets: 3 }, 'exprets'],
  ])('refuses %j', (given, key) => {
    expect(() => make(given)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
    );
  });

  test.each([
    { dataFormat: 'channelsFirst' },
    { kernelConstraint: tfl.constraints.nonNeg() },
    { padding: 'causal' },
    { filters: 0 },
  ])('refuses the argument %j', (args) => {
    expect(() => built(make({}), args)).toThrow(expect.objectContaining({ code: 'LAYER_OPTIONS' }));
  });
});
