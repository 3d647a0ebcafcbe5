import core, {
  BatchNorm,
  backendOptions,
  neuralSimilarity,
  similarityConv2d,
  softmaxCrossEntropy,
  startBackend,
  variableGradients,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkGradients, convolutionCases, relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import wasm, { createWasm, heapBytes } from './index';
import { startBoth } from './test/parity';

const registry = createRegistry(core, wasm);
const engine = createWasm();

test('a probe says what runs, and nothing has started', async () => {
  expect(await engine.probe()).toEqual({
    available: true,
    adapter: expect.stringMatching(/^WebAssembly (relaxed )?SIMD$/),
    reason: 'SIMD, one thread',
  });
  expect(heapBytes()).toBe(0);
});

test('without WebAssembly the probe says so', async () => {
  const { WebAssembly } = globalThis;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  try {
    expect(await engine.probe()).toEqual({
      available: false,
      adapter: '',
      reason: 'this JavaScript engine has no WebAssembly',
    });
  } finally {
    globalThis.WebAssembly = WebAssembly;
  }
});

test('`auto` chooses it before cpu; starting again changes nothing', async () => {
  const started = await startBackend(registry, 'auto');
  expect(started).toMatchObject({ name: 'wasm', adapter: expect.stringMatching(/SIMD$/) });
  const kernel = tf.getKernel('Slice', 'wasm');
  await startBackend(registry, 'wasm');
  expect(tf.getKernel('Slice', 'wasm')).toBe(kernel);
  expect(heapBytes()).toBeGreaterThan(0);
});

test('the precision is an option, which core remembers for workers', async () => {
  const x = tf.randomNormal([1, 12, 12, 16], 0, 1, 'float32', 1) as tf.Tensor4D;
  const w = tf.randomNormal([3, 3, 16, 16], 0, 1, 'float32', 2) as tf.Tensor4D;
  const convolve = async (options?: object) => {
    await startBackend(registry, 'wasm', options);
    return tf.tidy(() => tf.conv2d(x, w, 1, 'same').dataSync());
  };
  const exact = await convolve();
  expect(backendOptions('wasm')).toBeUndefined();
  const fast = await convolve({ precision: 'fast' });
  expect(backendOptions('wasm')).toEqual({ precision: 'fast' });
  expect(fast).not.toEqual(exact);
  expect(relativeError(fast, exact)).toBeLessThan(1e-5);
  expect(await convolve()).toEqual(exact);
  await expect(convolve({ precision: 'half' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  tf.dispose([x, w]);
});

describe('the seam on these kernels', () => {
  beforeAll(startBoth);

  test.each(convolutionCases.map((c) => [c.name, c] as const))('%s', async (_, testCase) => {
    await checkGradients(similarityConv2d as never, testCase, { order: 1 });
  });

  test('images larger than a slice', async () => {
    await checkGradients(
      similarityConv2d as never,
      {
        name: 'large',
        x: [2, 150, 160, 6],
        w: [5, 5, 6, 2],
        m: [2, 75, 160, 25],
        options: { strides: [2, 1], pad: 'same', dilations: [1, 1] },
      },
      { order: 1 },
    );
  });
});

test('a training step leaves neither tensors nor heap behind', async () => {
  await startBoth();
  const input = tfl.input({ shape: [12, 12, 3] });
  const similarity = registry.make('similarity', 'static-uns');
  const conv = neuralSimilarity(input, {
    filters: 8,
    kernelSize: 3,
    padding: 'same',
    similarity,
    kernelInitializer: tfl.initializers.heNormal({ seed: 1 }),
  });
  const active = tfl.layers.reLU().apply(new BatchNorm().apply(conv)) as tfl.SymbolicTensor;
  const pooled = tfl.layers.maxPooling2d({ poolSize: 2 }).apply(active) as tfl.SymbolicTensor;
  const flat = tfl.layers.flatten().apply(pooled) as tfl.SymbolicTensor;
  const model = tfl.model({
    inputs: input,
    outputs: tfl.layers
      .dense({ units: 4, kernelInitializer: tfl.initializers.glorotNormal({ seed: 2 }) })
      .apply(flat) as tfl.SymbolicTensor,
  });
  const images = tf.randomNormal([16, 12, 12, 3], 0, 1, 'float32', 3);
  const labels = tf.cast(
    tf.oneHot(
      Array.from({ length: 16 }, (_, i) => i % 4),
      4,
    ),
    'float32',
  ) as tf.Tensor2D;
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const optimizer = tf.train.momentum(0.05, 0.9);
  const step = () =>
    tf.tidy(() => {
      const { value, grads } = variableGradients(
        () => softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor2D),
        variables,
      );
      optimizer.applyGradients(grads as Parameters<typeof optimizer.applyGradients>[0]);
      return value.dataSync()[0] as number;
    });
  const losses = Array.from({ length: 10 }, step);
  const before = [tf.memory().numTensors, tf.engine().backend.numDataIds(), heapBytes()];
  losses.push(...Array.from({ length: 50 }, step));
  expect([tf.memory().numTensors, tf.engine().backend.numDataIds(), heapBytes()]).toEqual(before);
  expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
});
