import core, { describeWeights, foldModel, isFoldable, loadModel, type Operator } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import {
  batchNormForward,
  checkLayer,
  denseForward,
  imageMeans,
  mixtureForward,
  type NdArray,
  ndArray,
  softmaxForward,
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
const make = (options: object): Operator => registry.make('operator', 'od-conv', options as never);
const layer =
  (operator: Operator, args: object = {}) =>
  (x: tfl.SymbolicTensor, window?: WindowOptions) =>
    operator.apply(x, { name: 'conv1', filters: 3, kernelSize: 3, ...window, ...args });
const map = (x: NdArray, f: (value: number) => number): NdArray => ({ shape: x.shape, data: x.data.map(f) });
const sigmoid = (x: NdArray) => map(x, (value) => 1 / (1 + Math.exp(-value)));

interface Call {
  readonly input: NdArray;
  readonly weights: readonly NdArray[];
  readonly options: WindowOptions;
  readonly training: boolean;
}

/** The paper's formula. Weights: squeeze (bias or norm), heads, kernels and bias, then the norm's statistics. */
function oracle({ kernels = 4, temperature = 1, batchNorm = true }) {
  return ({ input, weights, options, training }: Call) => {
    const left = [...weights];
    const next = () => left.shift()!;
    let hidden = denseForward(imageMeans(input), next(), batchNorm ? undefined : next());
    if (batchNorm)
      hidden = norm(hidden, next(), next(), left.slice(-3) as [NdArray, NdArray, NdArray], training);
    hidden = map(hidden, (value) => Math.max(0, value));
    const head = () => map(denseForward(hidden, next(), next()), (value) => value / temperature);
    const [height, width] = options.kernelSize;
    const attention = {
      channel: sigmoid(head()),
      filter: sigmoid(head()),
      ...(height * width > 1 ? { tap: sigmoid(head()) } : {}),
      ...(kernels > 1 ? { kernel: softmaxForward(head()) } : {}),
    };
    const { strides, padding: pad, dilationRate: dilations } = options;
    const y = mixtureForward(input, next(), attention, { strides, pad, dilations });
    const bias = next();
    return ndArray(
      y.shape,
      y.data.map((value, i) => value + bias.data[i % bias.data.length]!),
    );
  };
}

function norm(
  x: NdArray,
  gamma: NdArray,
  beta: NdArray,
  [mean, variance]: readonly [NdArray, NdArray, NdArray],
  training: boolean,
): NdArray {
  if (training && x.data.length > 0) return batchNormForward(x, gamma, beta, 1e-3).y;
  const channels = gamma.data.length;
  const at = (i: number) =>
    (x.data[i]! - mean.data[i % channels]!) / Math.sqrt(variance.data[i % channels]! + 1e-3);
  return ndArray(
    x.shape,
    x.data.map((_, i) => at(i) * gamma.data[i % channels]! + beta.data[i % channels]!),
  );
}

onEachEngine('od-conv', (engine) => {
  test.each([
    [{ minHidden: 4, batchNorm: true }, {}, false],
    [
      { minHidden: 3, batchNorm: false, temperature: 2, kernels: 3 },
      { batchNorm: false, temperature: 2, kernels: 3 },
      true,
    ],
    [{ minHidden: 3, batchNorm: false, kernels: 1 }, { batchNorm: false, kernels: 1 }, true],
  ])('%j', async (given, expected, few) => {
    await ready;
    await checkLayer({
      name: `od-conv ${JSON.stringify(given)}`,
      layer: layer(make({ seed: 1, ...given })),
      inputShape: [5, 6, 2],
      oracle: oracle(expected),
      variants: variantsFor(engine, [5, 6, 2], few),
      secondOrder: true,
      load: (saved) => loadModel(registry, saved),
    });
  });
});

describe('od-conv', () => {
  beforeAll(async () => {
    await ready;
    await start('cpu');
  });
  const built = (operator: Operator, args: object = {}) => {
    const x = tfl.input({ shape: [6, 5, 64] });
    return tfl.model({ inputs: x, outputs: layer(operator, args)(x) });
  };

  test('what its weights are for; 1/16 of the channels inside, or at least 16', () => {
    const model = built(make({ seed: 1, batchNorm: true }));
    const weights = describeWeights(model);
    expect(weights.map(({ name, role }) => [name, role])).toEqual([
      ['conv1_predictor_squeeze/kernel', 'predictor'],
      ['conv1_predictor_bn/gamma', 'norm'],
      ['conv1_predictor_bn/beta', 'norm'],
      ['conv1_predictor_bn/moving_mean', 'norm'],
      ['conv1_predictor_bn/moving_variance', 'norm'],
      ['conv1_predictor_bn/seen', 'norm'],
      ...['channel', 'filter', 'tap', 'kernel'].flatMap((head) => [
        [`conv1_predictor_${head}/kernel`, 'predictor'],
        [`conv1_predictor_${head}/bias`, 'bias'],
      ]),
      ['conv1/experts', 'filter'],
      ['conv1/bias', 'bias'],
    ]);
    expect(weights[0]!.variable.shape).toEqual([1, 1, 64, 16]);
    const half = built(make({ reduction: 0.5 }));
    expect(half.getWeights()[0]!.shape).toEqual([1, 1, 64, 32]);
  });

  test('a batch of one trains to finite numbers', () => {
    const model = built(make({ seed: 1, batchNorm: true }));
    const x = tf.randomNormal([1, 6, 5, 64], 0, 1, 'float32', 1);
    const variables = model.trainableWeights.map((weight) => weight.read());
    const loss = () => tf.sum(tf.square(model.apply(x, { training: true }) as tf.Tensor));
    const { grads } = tf.engine().gradients(loss as never, variables, undefined, true);
    for (const gradient of grads) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  });

  test('does not fold; kept, it gives the same with batch norm after it', () => {
    const x = tfl.input({ shape: [6, 5, 4] });
    const y = tfl.layers.batchNormalization().apply(layer(make({ seed: 1 }))(x)) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: x, outputs: y });
    expect(isFoldable(model)).toBe(false);
    expect(() => foldModel(model)).toThrow(
      expect.objectContaining({
        code: 'FOLD_DYNAMIC',
        data: expect.objectContaining({ operator: 'od-conv', layer: 'conv1' }),
      }),
    );
    const kept = foldModel(model, { dynamic: 'keep' });
    const images = tf.randomNormal([2, 6, 5, 4], 0, 1, 'float32', 1);
    const [before, after] = [model, kept].map((each) => (each.predict(images) as tf.Tensor).dataSync());
    expect(Math.max(...before!.map((value, i) => Math.abs(value - after![i]!)))).toBeLessThan(1e-6);
  });

  test('a saved model tells the part it lacks, and its version', async () => {
    const x = tfl.input({ shape: [6, 5, 4] });
    const model = tfl.model({ inputs: x, outputs: layer(make({}))(x) });
    let saved: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler(async (given) => {
        saved = { ...given, modelTopology: JSON.parse(JSON.stringify(given.modelTopology)) };
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const refusal = (from: Parameters<typeof loadModel>[0], artifacts = saved) =>
      loadModel(from, tf.io.fromMemory(artifacts)).catch((error: unknown) => error);
    expect(await refusal(createRegistry(core))).toMatchObject({
      code: 'REGISTRY_UNKNOWN_NAME',
      data: { plugin: '@neusim/hypernet@0.1.0' },
    });
    const text = JSON.stringify(saved.modelTopology).replaceAll(
      '\\"version\\":\\"1.0.0\\"',
      '\\"version\\":\\"2.0.0\\"',
    );
    expect(await refusal(registry, { ...saved, modelTopology: JSON.parse(text) })).toMatchObject({
      code: 'REGISTRY_VERSION',
    });
    await expect(tfl.loadLayersModel(tf.io.fromMemory(saved))).rejects.toMatchObject({
      code: 'MODEL_NEEDS_REGISTRY',
    });
  });

  test.each([
    [{ kernels: 0 }, 'kernels'],
    [{ reduction: 2 }, 'reduction'],
    [{ minHidden: 0 }, 'minHidden'],
    [{ temperature: -1 }, 'temperature'],
  ])('refuses %j', (given, key) => {
    expect(() => make(given)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
    );
  });
});
