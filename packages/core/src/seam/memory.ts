/**
 * What an engine can hold. An engine with a hard end (the WebAssembly heap: 4 GiB) tells it here, and the seam
 * refuses a tensor that cannot fit before anything is allocated.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

const limits = new Map<string, number>();

/** Tells the seam how many bytes of tensors the backend can hold in all. Called by an engine's `start`. */
export function setMemoryLimit(backendName: string, bytes: number): void {
  limits.set(backendName, bytes);
}

/**
 * Refuses a float32 tensor of `shape` that cannot fit beside what lives already.
 * @throws NeusimError ENGINE_MEMORY with the bytes wanted, in use and allowed.
 */
export function requireMemory(what: string, shape: readonly number[]): void {
  const limit = limits.get(tf.getBackend());
  if (limit === undefined) return;
  const wanted = 4 * shape.reduce((a, b) => a * b, 1);
  const used = tf.memory().numBytes;
  if (wanted + used > limit)
    throw new NeusimError(
      'ENGINE_MEMORY',
      `${what} [${shape.join(',')}] wants ${wanted} bytes, and ${used} of ${limit} bytes of the engine '${tf.getBackend()}' are in use`,
      {
        data: { wanted, used, limit, shape: [...shape], backend: tf.getBackend() },
        hint: 'Use a smaller batch, a smaller map, or a diagonal similarity (K values a position instead of K²).',
      },
    );
}
