/** The engine: what a probe tells, and starting it. */
import core, {
  type Backend,
  captureStep,
  engineAbilities,
  reluGrad,
  startBackend,
  warmUp,
} from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compilation } from './engine/pipelines';
import { findGpu } from './gpu/node';
import { findGpu as findInPage } from './gpu/page';
import { network, registry, startWebgpu } from './test/network';
import { currentGpu, webgpuBackend } from './webgpu';

const without = (gpu: Partial<GPU>): Backend => webgpuBackend(async () => ({ gpu: gpu as GPU }));

describe('probe', () => {
  test('tells the adapter, its limits and features', async () => {
    const probe = await webgpuBackend(findGpu).probe();
    expect(probe).toMatchObject({ available: true, adapter: expect.stringMatching(/\w/) });
    expect(probe.details).toMatchObject({
      maxComputeWorkgroupStorageSize: expect.any(Number),
      maxBufferSize: expect.any(Number),
      features: expect.stringContaining('core-features-and-limits'),
    });
  });

  test('a software adapter stands behind wasm', async () => {
    const adapter = (description: string) => ({
      requestAdapter: async () =>
        ({ info: { vendor: 'v', architecture: 'a', description }, features: new Set(), limits: {} }) as never,
    });
    expect(await without(adapter('SwiftShader driver 5')).probe()).toMatchObject({ priority: 10 });
    expect(await without(adapter('GeForce')).probe()).not.toHaveProperty('priority');
    expect(await without(adapter('GeForce')).probe()).toMatchObject({
      adapter: 'v a GeForce',
      reason: 'a GPU',
    });
  });

  test('says why there is none, and never throws', async () => {
    expect(await without({ requestAdapter: async () => null }).probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining('no adapter'),
    });
    expect(
      await without({ requestAdapter: () => Promise.reject(new Error('blocked')) }).probe(),
    ).toMatchObject({ available: false, reason: 'WebGPU fails: blocked' });
    const missing = webgpuBackend(async () => ({ missing: 'install the package webgpu' }));
    expect(await missing.probe()).toEqual({
      available: false,
      adapter: '',
      reason: 'install the package webgpu',
    });
    await expect(missing.start()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  });

  test('a page takes the browser’s own, or says what lacks', async () => {
    const { navigator } = globalThis;
    const set = (value: unknown) =>
      Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
    try {
      set({});
      expect(await findInPage()).toMatchObject({ missing: expect.stringContaining('no WebGPU') });
      set({ gpu: 'theirs' });
      expect(await findInPage()).toEqual({ gpu: 'theirs' });
    } finally {
      set(navigator);
    }
  });
});

describe('start', () => {
  test('by name, twice, with one device', async () => {
    expect(await startWebgpu()).toMatchObject({ name: 'webgpu' });
    const { device } = currentGpu();
    await startBackend(createRegistry(core), 'cpu');
    await startWebgpu();
    expect(currentGpu().device).toBe(device);
    expect(tf.getBackend()).toBe('webgpu');
  });

  test('a stock kernel that does not compile is named', async () => {
    await startWebgpu();
    const wrong = tf.prelu(tf.ones([2, 2, 2, 2, 2]), tf.ones([2]));
    await expect(wrong.data()).rejects.toMatchObject({ code: 'GPU_SHADER' });
    await startWebgpu();
  });

  test('tfjs’s own kernels go through our encoder', async () => {
    await startWebgpu();
    const [a, b] = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor1d([10, 20])];
    const upload = tf.square(a);
    expect([...(await tf.add(upload, b).data())]).toEqual([11, 24, 19, 36]);
  });

  test('where the adapter gives no device, the reason is told, and the next start is not hindered', async () => {
    await startWebgpu();
    const { device } = currentGpu();
    device.destroy();
    await device.lost;
    const { gpu } = globalThis.navigator;
    const refusing = {
      requestAdapter: async () => {
        const adapter = (await gpu.requestAdapter()) as GPUAdapter;
        return new Proxy(adapter, {
          get: (target, key) =>
            key === 'requestDevice'
              ? () => Promise.reject(new Error('too many devices'))
              : Reflect.get(target, key, target),
        });
      },
    };
    await expect(without(refusing).start()).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('too many devices'),
    });
    await startWebgpu();
    expect([...(await tf.square(tf.tensor1d([3])).data())]).toEqual([9]);
  });

  test('after the device was lost, with a new one', async () => {
    await startWebgpu();
    const { device } = currentGpu();
    const lost = device.lost;
    device.destroy();
    await lost;
    await startWebgpu();
    expect(currentGpu().device).not.toBe(device);
    expect([...(await tf.square(tf.tensor1d([3])).data())]).toEqual([9]);
  });
});

describe('the profile', () => {
  test('has the GPU’s time of every kernel, ours and tfjs’s, and of a replay', async () => {
    await startWebgpu();
    const x = tf.ones([1, 4, 4, 2]) as tf.Tensor4D;
    const sums = captureStep(([y]) => [tf.tidy(() => tf.sum(tf.square(y as tf.Tensor)))], []);
    const input = { values: new Float32Array(8), shape: [8] };
    for (let i = 0; i < 3; i++) tf.dispose(await sums.run([input]));
    const found: string[] = [];
    for (const f of [() => reluGrad(x, x), () => tf.exp(x), () => void sums.run([input])]) {
      const { kernelMs, getExtraProfileInfo } = (await tf.backend().time(f)) as tf.BackendTimingInfo & {
        getExtraProfileInfo(): string;
      };
      expect(kernelMs).toBeGreaterThanOrEqual(0);
      found.push(getExtraProfileInfo());
    }
    expect(found[0]).toMatch(/^NeusimReluGrad: [\d.]+$/);
    expect(found[1]).toMatch(/: [\d.]+$/);
    expect(found[2]).toMatch(/^replay: [\d.]+$/);
    sums.dispose();
  });
});

describe('compiling ahead', () => {
  test('warmUp compiles what inference runs; the first images then compile nothing', async () => {
    await startWebgpu();
    const model = network();
    const before = await Promise.all(model.getWeights().map((w) => w.data()));
    const tensors = tf.memory().numTensors;
    const warm = await warmUp(model, 4);
    expect(warm?.pipelines).toBeGreaterThan(5);
    expect(tf.memory().numTensors).toBe(tensors);
    const { pipelines } = compilation(currentGpu().device);
    const logits = model.predict(tf.ones([4, 6, 6, 3])) as tf.Tensor;
    expect((await logits.data()).every(Number.isFinite)).toBe(true);
    expect(compilation(currentGpu().device).pipelines).toBe(pipelines);
    expect(await Promise.all(model.getWeights().map((w) => w.data()))).toEqual(before);
    model.dispose();
  });

  test('elsewhere there is nothing to compile', async () => {
    await startBackend(registry, 'cpu');
    expect(engineAbilities()).toEqual({});
    const model = network();
    expect(await warmUp(model)).toBeNull();
    model.dispose();
  });
});
