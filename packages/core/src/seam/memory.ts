/**
 * What an engine can hold. An engine with a hard end (the WebAssembly heap: 4 GiB) tells it here, and the seam
 * refuses a tensor that cannot fit before anything is allocated.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

const limits = new Map<string, { readonly bytes: number; readonly used: () => number }>();

/**
 * Tells the seam how many bytes of tensors the backend can hold in all. Called by an engine's `start`.
 * @param used bytes in use at most; tfjs's own count takes tensors that share their memory for separate ones.
 */
export function setMemoryLimit(
  backendName: string,
  bytes: number,
  used = () => Number.POSITIVE_INFINITY,
): void {
  limits.set(backendName, { bytes, used });
}

/**
 * Refuses float32 tensors of these shapes that cannot fit beside what lives already.
 * @throws NeusimError ENGINE_MEMORY with the bytes wanted, in use and allowed.
 */
export function requireMemory(what: string, ...shapes: readonly (readonly number[])[]): void {
  const engine = limits.get(tf.getBackend());
  if (!engine) return;
  const limit = engine.bytes;
  const wanted = 4 * shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const used = Math.min(tf.memory().numBytes, engine.used());
  if (wanted + used > limit)
    throw new NeusimError(
      'ENGINE_MEMORY',
      `${what}, ${shapes.map((shape) => `[${shape}]`).join(' and ')}, wants ${wanted} bytes, and ${used} of ${limit} bytes of the engine '${tf.getBackend()}' are in use`,
      {
        data: { wanted, used, limit, shapes, backend: tf.getBackend() },
        hint: 'Use a smaller batch, a smaller map, or a diagonal similarity (K values a position instead of K²).',
      },
    );
}
