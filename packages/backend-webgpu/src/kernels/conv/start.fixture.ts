/** Starting the engine for tests, and what a computation dispatches and leaves. */
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomUniform, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { listen } from '../../engine/encode';
import webgpu from '../../node';
import { currentGpu } from '../../webgpu';

export async function start(): Promise<void> {
  await startBackend(createRegistry(core, webgpu), 'webgpu');
}

/** Uniform in [-1, 1). */
export const random = <R extends tf.Rank = tf.Rank>(shape: readonly number[], seed = 1): tf.Tensor<R> =>
  toTensor<R>(randomUniform(shape, seed));

/** The names of what `f` dispatches, in order; its results are disposed of. */
export function dispatchesOf(f: () => tf.Tensor | readonly tf.Tensor[]): string[] {
  const names: string[] = [];
  listen(currentGpu(), { dispatched: ({ name }) => names.push(name) });
  try {
    tf.dispose(tf.tidy(() => [f()].flat()) as tf.Tensor[]);
    return names;
  } finally {
    listen(currentGpu(), null);
  }
}

/** Tensors, data and bytes of the GPU that are held. */
export async function held(): Promise<readonly number[]> {
  // A read submits what is encoded, and gives back what waits for that.
  const t = tf.tidy(() => tf.square(tf.scalar(1)));
  await t.data();
  t.dispose();
  const { numTensors } = tf.memory();
  return [numTensors, currentGpu().numDataIds(), currentGpu().memory().numBytesInGPU];
}
