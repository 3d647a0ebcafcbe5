/**
 * What the benchmarks use of a running WebGPU backend of tfjs beyond its public methods, whether it is ours or tfjs's
 * own: handing over what is recorded, waiting for it, and counting bytes on the device.
 */
import * as tf from '@tensorflow/tfjs-core';

export interface GpuBackend {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly bufferManager: {
    /** Bytes of the buffers in use; those kept for reuse do not count. `tf.memory().numBytesInGPU`. */
    readonly numBytesUsed: number;
    acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  };
  endComputePassEncoder(): void;
  submitQueue(): void;
  readonly commandEncoder: GPUCommandEncoder | null;
}

/** The current backend. */
export const currentBackend = () => tf.backend() as unknown as GpuBackend;

/** Hands over to the queue what is recorded. Returns before the GPU has done it. */
export function submit(backend: GpuBackend): void {
  if (!backend.commandEncoder) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Hands over what is recorded, and waits until the GPU has done it. */
export async function workDone(backend: GpuBackend): Promise<void> {
  submit(backend);
  await backend.queue.onSubmittedWorkDone();
}

/** Milliseconds of the GPU for what `run` dispatches, by its timestamps; undefined where it has none. */
export async function gpuTime(backend: GpuBackend, run: () => void): Promise<number | undefined> {
  if (!backend.device.features.has('timestamp-query')) return undefined;
  submit(backend);
  const { kernelMs } = await tf.time(run);
  return typeof kernelMs === 'number' ? kernelMs : undefined;
}

export interface BufferMeter {
  /** Bytes taken now. */
  readonly live: number;
  /** The most bytes that were taken at once since `reset`. */
  readonly peak: number;
  reset(): void;
}

/** Counts from now on. To be called once a backend. */
export function meterBuffers({ bufferManager: manager }: GpuBackend): BufferMeter {
  const acquire = manager.acquireBuffer.bind(manager);
  let peak = manager.numBytesUsed;
  manager.acquireBuffer = (...args) => {
    const buffer = acquire(...args);
    peak = Math.max(peak, manager.numBytesUsed);
    return buffer;
  };
  return {
    get live() {
      return manager.numBytesUsed;
    },
    get peak() {
      return peak;
    },
    reset() {
      peak = manager.numBytesUsed;
    },
  };
}
