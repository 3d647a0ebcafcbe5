/**
 * The engines that are compared on WebGPU. `stock` is a second backend with a device of its own: tfjs-backend-webgpu
 * as it comes, on which the seam uses or composes from tfjs's kernels. The others are ours, kernel tables exchanged:
 * `composed` without the similarity's own kernels, `authors` with dynamic DNS as the authors' code computes it.
 */
import { batchNormTraining, similarityConv2d, startBackend } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { authorsGradient, authorsKernel } from '../baselines/authors';
import { captureState, type EngineState, useState } from '../engine-state';
import { registry } from '../registry';
import { type BufferMeter, currentBackend, type GpuBackend, meterBuffers } from './backend';
import { type Peak, peakOf } from './chips';
import { openDawn } from './dawn';
import type { GpuFacts } from './facts';
import { type Speed, tellSpeed } from './speed';
import { registerStock } from './stock';

export type GpuEngineName = 'stock' | 'composed' | 'authors' | 'neusim';

const OURS = 'webgpu';
const STOCK = 'webgpu-stock';
const similarityKernel = /^NeusimSimilarityConv2D/;

export interface GpuEngines {
  readonly facts: GpuFacts;
  /** Measured at the start: what sizes are chosen by. */
  readonly speed: Speed;
  /** Makes an engine the current one. */
  use(name: GpuEngineName): Promise<GpuBackend>;
  /** Bytes on the device of the engine's backend. */
  meter(name: GpuEngineName): BufferMeter;
  /** @throws NeusimError what the GPU refused since the start. */
  requireHealthy(name: GpuEngineName): Promise<void>;
  /** Forgets what went wrong, so that other parts can run. */
  recover(): Promise<void>;
}

export interface GpuOptions {
  readonly quick: boolean;
  /** For Dawn. */
  readonly dawn?: readonly string[] | undefined;
  readonly peak?: Peak | undefined;
}

/**
 * Starts both backends. Once a process.
 * @throws NeusimError BACKEND_UNAVAILABLE
 */
export async function startGpuEngines({ quick, dawn: flags = [], peak }: GpuOptions): Promise<GpuEngines> {
  const dawn = openDawn(flags);
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new NeusimError('BACKEND_UNAVAILABLE', 'WebGPU finds no adapter', {
      hint: 'Install a Vulkan driver; VK_DRIVER_FILES names its JSON file.',
    });
  await import('@tensorflow/tfjs-layers');
  const stockFailure = await startStock();
  await startBackend(registry, OURS);
  await registry.ready();
  await tf.setBackend(STOCK);
  registerSeam();
  await tf.setBackend(OURS);
  registerSeam();
  const ours = captureState(OURS);
  const states: Readonly<Record<Exclude<GpuEngineName, 'stock'>, EngineState>> = {
    neusim: ours,
    composed: without(ours, similarityKernel),
    authors: {
      kernels: new Map(ours.kernels).set(authorsKernel.kernel, onWebgpu(authorsKernel)),
      gradients: new Map(ours.gradients).set(authorsKernel.kernel, authorsGradient),
    },
  };
  const backends = {
    [OURS]: tf.engine().findBackend(OURS) as unknown as GpuBackend,
    [STOCK]: tf.engine().findBackend(STOCK) as unknown as GpuBackend,
  };
  const meters = { [OURS]: meterBuffers(backends[OURS]), [STOCK]: meterBuffers(backends[STOCK]) };
  const backendOf = (name: GpuEngineName) => (name === 'stock' ? STOCK : OURS);
  const use = async (name: GpuEngineName) => {
    await tf.setBackend(backendOf(name));
    if (name !== 'stock') useState(states[name], OURS);
    return currentBackend();
  };
  await use('neusim');
  const { vendor, architecture, device, description } = adapter.info;
  const software =
    adapter.info.isFallbackAdapter === true || /swiftshader|llvmpipe/i.test(device + description);
  return {
    facts: {
      vendor,
      architecture,
      device,
      driver: description,
      software,
      timestamps: adapter.features.has('timestamp-query'),
      dawn: dawn.version,
      flags: dawn.flags,
      peak: peak ?? peakOf(`${device} ${description}`) ?? null,
    },
    speed: await tellSpeed(software, quick),
    use,
    meter: (name) => meters[backendOf(name)],
    async requireHealthy(name) {
      const failed = name === 'stock' ? stockFailure() : undefined;
      if (failed) throw failed;
      await use(name);
      const probe = tf.add(tf.tensor1d([1, 2]), 1);
      await probe.data();
      probe.dispose();
    },
    async recover() {
      await startBackend(registry, OURS);
    },
  };
}

/** tfjs's backend under another name, before ours takes its place. @returns what it failed with, if it did. */
async function startStock(): Promise<() => NeusimError | undefined> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const factory = tf.findBackendFactory(OURS);
  tf.registerBackend(STOCK, factory);
  tf.copyRegisteredKernels(OURS, STOCK);
  registerStock(STOCK);
  await tf.setBackend(STOCK);
  await tf.ready();
  const { device } = currentBackend();
  let failure: NeusimError | undefined;
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    failure ??= new NeusimError('BENCH_GPU', `${WebGPUBackend.name}, stock: ${event.error.message}`);
  });
  return () => failure;
}

/** What the engine has no kernel of its own for is registered by the seam at its first use: now. */
function registerSeam(): void {
  const inputs = [tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), tf.ones([1, 3, 3, 9]), tf.ones([1])];
  const run = (...[x, w, m, gamma]: tf.Tensor[]) => {
    const y = similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m as tf.Tensor, { pad: 'same' });
    return batchNormTraining(y, gamma as tf.Tensor1D, gamma as tf.Tensor1D).y;
  };
  tf.dispose([...inputs, ...tf.grads(run)(inputs)]);
}

function without({ kernels, gradients }: EngineState, names: RegExp): EngineState {
  return { kernels: new Map([...kernels].filter(([name]) => !names.test(name))), gradients };
}

function onWebgpu({ kernel, run }: typeof authorsKernel): tf.KernelConfig {
  return {
    kernelName: kernel,
    backendName: OURS,
    kernelFunc: ({ inputs, attrs }) => run({ inputs, attrs } as never, () => []) as tf.TensorInfo,
  };
}
