import core, { requireMemory, startBackend } from '@neusim/core';
import { createRegistry, define, noOptions, plugin } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Host } from './host';
import { nativeBackend } from './native-backend';
import { cpuPackage, gpuPackage, type NativePackage } from './packages';
import { cpuName, forgetFake, gpuName, importFake, machine } from './test/fakes';

/** A registry with cpu and the given package's engine, on a machine to order. */
function registryOf(wanted: NativePackage, host: Host) {
  const backend = nativeBackend(wanted, host);
  const definition = define({
    kind: 'backend',
    name: wanted.engine,
    version: '1.0.0',
    summary: 'on a machine to order',
    options: noOptions,
    load: () => () => backend,
  });
  return createRegistry(core, plugin('ordered', '1.0.0', [definition]));
}

const codeOf = (code: string, data: object = {}) =>
  expect.objectContaining({ code, data: expect.objectContaining(data), hint: expect.stringMatching(/./) });

beforeEach(() => startBackend(createRegistry(core), 'cpu'));
afterEach(() => {
  forgetFake();
  vi.unstubAllEnvs();
});

describe('success', () => {
  test.each([
    [cpuPackage, false, 'libtensorflow 2.9.1'],
    [gpuPackage, true, 'NVIDIA A100'],
  ])('$engine starts under its own name, and auto takes it before cpu', async (wanted, gpu, adapter) => {
    const load = vi.fn(() => importFake(gpu, gpu));
    const registry = registryOf(wanted, machine({ load }));
    expect(await startBackend(registry, 'auto')).toMatchObject({ name: wanted.engine, adapter });
    expect(tf.getBackend()).toBe(wanted.engine);
    expect(tf.getKernel('NeusimSimilarityConv2D', wanted.engine)).toBeDefined();
    expect(tf.getKernel('NeusimSimilarityConv2D', 'tensorflow')).toBeUndefined();
    expect(tf.getKernel('NeusimBatchNormTraining', wanted.engine) !== undefined).toBe(!gpu);
    await startBackend(registry, wanted.engine);
    expect(load).toHaveBeenCalledOnce();
  });

  test('what the host cannot hold is refused before it is allocated', async () => {
    await startBackend(registryOf(cpuPackage, machine({ load: () => importFake(false, false) })), 'node');
    expect(() => requireMemory('a map', [2 ** 24, 2 ** 24])).toThrow(
      codeOf('ENGINE_MEMORY', { backend: 'node' }),
    );
    expect(() => requireMemory('a map', [2, 2])).not.toThrow();
  });

  test('CUDA is asked for float32 and one order of sums, where the user has not said otherwise', async () => {
    vi.stubEnv('NVIDIA_TF32_OVERRIDE', undefined);
    vi.stubEnv('TF_CUDNN_DETERMINISTIC', '0');
    let seen: (string | undefined)[] = [];
    const load = () => {
      seen = [process.env.NVIDIA_TF32_OVERRIDE, process.env.TF_CUDNN_DETERMINISTIC];
      importFake(true, true);
    };
    await startBackend(registryOf(gpuPackage, machine({ load })), 'node-gpu');
    expect(seen).toEqual(['0', '0']);
  });
});

describe('failure is told, and the backend before stays the current one', () => {
  const start = (wanted: NativePackage, changes: Partial<Host>) =>
    nativeBackend(wanted, machine(changes)).start();

  afterEach(() => expect(tf.getBackend()).toBe('cpu'));

  test('no package', async () => {
    await expect(start(cpuPackage, { resolve: () => null })).rejects.toThrow(
      codeOf('BACKEND_MISSING', { backend: 'node', package: cpuName }),
    );
  });

  test('an addon that does not load', async () => {
    const load = () => {
      throw new Error('libtensorflow.so.2: file too short');
    };
    await expect(start(cpuPackage, { load })).rejects.toThrow(
      expect.objectContaining({ code: 'BACKEND_FAILED', message: expect.stringContaining('file too short') }),
    );
  });

  test('a package that registers nothing with this tfjs', async () => {
    await expect(start(cpuPackage, {})).rejects.toThrow(codeOf('BACKEND_FAILED', { package: cpuName }));
  });

  test('the GPU build on a machine whose GPU it cannot use', async () => {
    const load = () => importFake(true, false);
    await expect(start(gpuPackage, { load })).rejects.toThrow(codeOf('BACKEND_NO_GPU', { package: gpuName }));
  });

  test.each([
    [gpuPackage, false, cpuName],
    [cpuPackage, true, gpuName],
  ])('$name after the other: it is not even loaded', async (wanted, gpu, loaded) => {
    importFake(gpu, gpu);
    await tf.setBackend('cpu');
    const load = vi.fn();
    await expect(start(wanted, { load })).rejects.toThrow(codeOf('BACKEND_CONFLICT', { loaded }));
    expect(load).not.toHaveBeenCalled();
  });

  test('wrong numbers', async () => {
    const load = () => {
      importFake(true, true);
      const { kernelFunc, ...kernel } = tf.getKernel('BatchMatMul', 'tensorflow');
      tf.unregisterKernel('BatchMatMul', 'tensorflow');
      tf.registerKernel({
        ...kernel,
        kernelFunc: (call) => {
          const product = tf.engine().makeTensorFromTensorInfo(kernelFunc(call) as tf.TensorInfo);
          return tf.mul(product, 1 + 2 ** -11);
        },
      });
    };
    await expect(start(gpuPackage, { load })).rejects.toThrow(
      expect.objectContaining({ code: 'BACKEND_WRONG', message: expect.stringMatching(/y is off by .*e-/) }),
    );
    // Who asks for TensorFloat-32 is given it.
    forgetFake();
    vi.stubEnv('NVIDIA_TF32_OVERRIDE', '1');
    await start(gpuPackage, { load });
    expect(tf.getBackend()).toBe('node-gpu');
    await tf.setBackend('cpu');
  });
});
