/**
 * What goes wrong on a GPU is told later, and beside the call: results are garbage meanwhile. Here the first error of
 * a device is kept: nothing more is dispatched, and every read of data throws it, until the engine is started again.
 */
import { NeusimError } from '@neusim/registry';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** One dispatch, as errors tell of it. */
export interface Dispatched {
  readonly name: string;
  readonly tensors: readonly TensorInfo[];
}

interface Health {
  failure?: NeusimError;
  /** The last dispatches, oldest first: one of them is what a late error is about. */
  readonly recent: Dispatched[];
}

const KEPT = 24;

const health = new WeakMap<GPUDevice, Health>();

function healthOf(device: GPUDevice): Health {
  let found = health.get(device);
  if (!found) {
    found = { recent: [] };
    health.set(device, found);
  }
  return found;
}

/** Listens to the device's errors from now on. */
export function watchErrors(device: GPUDevice): void {
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    fail(device, failureOf(device, event.error));
  });
  device.lost.then(({ reason, message }) => {
    if (reason === 'destroyed') return;
    fail(
      device,
      new NeusimError('GPU_LOST', `the GPU was lost: ${message || reason || 'no reason given'}`, {
        data: { reason: reason ?? 'unknown', message, recent: recently(device) },
        hint: 'Another program may have reset it, or a dispatch took too long: start the engine again and resume from the last checkpoint.',
      }),
    );
  });
}

/** Keeps the first failure of a device, or the first of a shader: others follow from it, and are told before it. */
export function fail(device: GPUDevice, error: NeusimError): void {
  const found = healthOf(device);
  if (!found.failure || (error.code === 'GPU_SHADER' && found.failure.code !== 'GPU_SHADER'))
    found.failure = error;
}

/** Whether the device has failed, so that there is no use in giving it more to do. */
export const hasFailed = (device: GPUDevice) => healthOf(device).failure !== undefined;

/** Remembers a dispatch, for the message of an error that comes later. */
export function remember(device: GPUDevice, dispatched: Dispatched): void {
  const { recent } = healthOf(device);
  recent.push(dispatched);
  if (recent.length > 2 * KEPT) recent.splice(0, KEPT);
}

/** @throws NeusimError GPU_ERROR, GPU_SHADER, GPU_MEMORY or GPU_LOST: the device's first failure. */
export function requireHealthy(device: GPUDevice): void {
  const { failure } = healthOf(device);
  if (failure) throw failure;
}

/** Forgets a failure: what was computed since may be garbage. */
export function forgetFailure(device: GPUDevice): void {
  health.delete(device);
}

/** An error of compiling the program `name`, first used for tensors of these shapes. */
export function shaderError(name: string, shapes: string, message: string): NeusimError {
  return new NeusimError('GPU_SHADER', `${name} ${shapes} does not compile: ${message}`, {
    data: { kernel: name, shapes, message },
    hint: 'The kernel takes no such tensors on WebGPU (ranks above 4 are the usual reason); reshape them, or run it on wasm.',
  });
}

function failureOf(device: GPUDevice, error: GPUError): NeusimError {
  const recent = recently(device);
  const isMemory = typeof GPUOutOfMemoryError !== 'undefined' && error instanceof GPUOutOfMemoryError;
  const what = `${error.message} (the last kernels: ${recent.slice(-4).join('; ') || 'none'})`;
  return isMemory
    ? new NeusimError('GPU_MEMORY', `the GPU's memory is full: ${what}`, {
        data: { message: error.message, recent },
        hint: 'Use a smaller batch, a smaller map, or a diagonal similarity (K values a position instead of K²).',
      })
    : new NeusimError('GPU_ERROR', `the GPU refused a command: ${what}`, {
        data: { message: error.message, recent },
        hint: 'What was computed since is not to be trusted: start the engine again. Please report it with this message.',
      });
}

function recently(device: GPUDevice): string[] {
  return healthOf(device)
    .recent.slice(-KEPT)
    .map(({ name, tensors }) => `${name} ${shapesOf(tensors)}`);
}

/** Shapes as messages show them: `[1,2] [3]`. */
export function shapesOf(tensors: readonly TensorInfo[]): string {
  return tensors.map(({ shape }) => `[${shape}]`).join(' ');
}
