/**
 * What is held: tensors, data in the backend (a kernel that forgets an intermediate result leaves data, and no
 * tensor), and bytes on a GPU.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type CheckRow, checkRow } from './report';

export interface Held {
  readonly tensors: number;
  readonly data: number;
}

export function held(): Held {
  return { tensors: tf.memory().numTensors, data: tf.engine().backend.numDataIds() };
}

/** Tensors, or data, that are held beyond what was `before` and the `wanted` results. */
export function leftSince(before: Held, wanted = 0): number {
  const now = held();
  return Math.max(now.tensors - before.tensors, now.data - before.data) - wanted;
}

/**
 * Bytes held on a GPU, once it was sent what it is to do: what is freed before that counts until then. Undefined where
 * the backend has no GPU.
 */
export async function bytesOnGpu(): Promise<number | undefined> {
  if (counted() === undefined) return undefined;
  const one = tf.tidy(() => tf.matMul(tf.ones([1, 1]), tf.ones([1, 1])));
  await one.data();
  one.dispose();
  return counted();
}

const counted = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU?: number }).numBytesInGPU;

/** The row of the bytes that are left on a GPU; none without one. */
export async function gpuRows(before: number | undefined): Promise<CheckRow[]> {
  if (before === undefined) return [];
  return [checkRow('bytes left on the GPU', ((await bytesOnGpu()) ?? 0) - before, 0)];
}
