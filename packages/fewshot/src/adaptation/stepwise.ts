/** Adapting step by step, while others may stop it and watch. */
import { breathe } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { FitOptions } from '../types';

/**
 * What so many steps make of the tensors, which it takes over as it does those in between; the event loop has a turn now and
 * then. @returns tensors that the caller disposes of. @throws the signal's reason, where it stops it.
 */
export async function stepwise(
  from: readonly tf.Tensor[],
  steps: number,
  step: (at: readonly tf.Tensor[], index: number) => readonly tf.Tensor[],
  { signal, onProgress }: FitOptions = {},
): Promise<readonly tf.Tensor[]> {
  let at = from;
  const pause = breathe();
  try {
    signal?.throwIfAborted();
    for (let i = 0; i < steps; i++) {
      const next = tf.tidy(() => [...step(at, i)]);
      tf.dispose([...at]);
      at = next;
      onProgress?.(i + 1, steps);
      await pause();
      signal?.throwIfAborted();
    }
    return at;
  } catch (error) {
    tf.dispose([...at]);
    throw error;
  }
}
