/** tfjs's WebGPU backend as an engine: whether it runs here, and starting it with kernels of our own. */
import { type Backend, type Probe, setEngineAbilities } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { capture } from './capture/captured-step';
import { adopt } from './engine/adopt';
import { factsOf, findAdapter, openDevice } from './engine/device';
import { flush } from './engine/encode';
import { forgetFailure, watchErrors } from './engine/errors';
import type { Gpu } from './engine/internals';
import { compileOnly, settled, watchPipelines } from './engine/pipelines';
import type { FoundGpu } from './gpu/page';
import { kernels } from './kernels';
import { install } from './override';

export const BACKEND = 'webgpu';
/** tfjs's own order of backends, the highest first. */
const TFJS_PRIORITY = 3;
/** Behind wasm, before cpu: a software adapter computes right, and slowly. */
const SOFTWARE_PRIORITY = 10;

const loadStock = () => import('@tensorflow/tfjs-backend-webgpu');

let running: { readonly gpu: Gpu; isLost: boolean } | undefined;

/** @param findGpu where this platform has WebGPU. */
export function webgpuBackend(findGpu: () => Promise<FoundGpu>): Backend {
  const unavailable = (reason: string): Probe => ({ available: false, adapter: '', reason });
  return {
    priority: 30,

    async probe() {
      try {
        const found = await findGpu();
        if ('missing' in found) return unavailable(found.missing);
        const adapter = await findAdapter(found.gpu);
        if (!adapter)
          return unavailable(
            `WebGPU finds no adapter: ${found.advice ?? 'a driver may be missing, or be blocked'}`,
          );
        const { name, software, limits, features } = factsOf(adapter);
        return {
          available: true,
          adapter: name,
          reason: software ? 'a software adapter: right, and slow' : 'a GPU',
          ...(software && { priority: SOFTWARE_PRIORITY }),
          details: { ...limits, features: features.join(' ') },
        };
      } catch (error) {
        return unavailable(`WebGPU fails: ${(error as Error).message}`);
      }
    },

    async start() {
      const found = await findGpu();
      if ('missing' in found)
        throw new NeusimError('BACKEND_UNAVAILABLE', `WebGPU does not run here: ${found.missing}`, {
          data: { backend: BACKEND },
          hint: 'The engine wasm runs everywhere; `npx neusim doctor` probes every engine.',
        });
      await register(found.gpu);
    },
  };
}

async function register(gpu: GPU): Promise<void> {
  if (running && !running.isLost && tf.findBackend(BACKEND) === (running.gpu as object))
    return recover(running.gpu);
  const { WebGPUBackend } = await stock();
  const adapter = await findAdapter(gpu);
  if (!adapter)
    throw new NeusimError('BACKEND_FAILED', 'WebGPU finds no adapter any more', {
      data: { backend: BACKEND },
      hint: 'The driver may have been reset: try again, or take the engine wasm.',
    });
  const device = await openDevice(adapter);
  watchErrors(device);
  watchPipelines(device);
  const started = { gpu: adopt(new WebGPUBackend(device, adapter.info)), isLost: false };
  device.lost.then(() => {
    started.isLost = true;
  });
  running = started;
  if (tf.engine().registryFactory[BACKEND]) tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => started.gpu as unknown as tf.KernelBackend, TFJS_PRIORITY);
  for (const kernel of kernels) install(kernel);
  setEngineAbilities(BACKEND, {
    compile: (f) => compileOnly(currentGpu(), f),
    capture: (step, state) => capture(currentGpu(), step, state),
  });
}

/** Begins anew on the same device: what was asked of it before fails now, and not later. */
async function recover(gpu: Gpu): Promise<void> {
  flush(gpu);
  await settled(gpu.device);
  // A device that is lost meanwhile tells that elsewhere.
  await gpu.queue.onSubmittedWorkDone().catch(() => {});
  forgetFailure(gpu.device);
}

async function stock() {
  try {
    return await loadStock();
  } catch (cause) {
    throw new NeusimError('BACKEND_MISSING', 'the package @tensorflow/tfjs-backend-webgpu is not installed', {
      data: { backend: BACKEND, package: '@tensorflow/tfjs-backend-webgpu' },
      hint: 'npm install @tensorflow/tfjs-backend-webgpu',
      cause,
    });
  }
}

/** The running backend. */
export const currentGpu = () => tf.backend() as unknown as Gpu;
