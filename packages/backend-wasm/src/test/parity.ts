/** Runs the same computation on cpu, as the oracle, and on wasm with this package's kernels. */
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import wasm from '../index';

const registry = createRegistry(core, wasm);

/** Starts both engines; wasm is current afterwards. */
export async function startBoth(): Promise<void> {
  await startBackend(registry, 'cpu');
  await startBackend(registry, 'wasm');
}

/** A tensor of uniform values in [-1, 1). */
export function random<R extends tf.Rank = tf.Rank>(shape: readonly number[], seed = 1): tf.Tensor<R> {
  return toTensor<R>(randomUniform(shape, seed));
}

/**
 * Holds what `compute` gives on wasm to what it gives on cpu: shape, type and values; and sees to it that the wasm
 * backend holds no more data afterwards than before.
 */
export async function expectParity(compute: () => tf.Tensor | tf.Tensor[], tolerance = 1e-6): Promise<void> {
  const expected = await valuesOn('cpu', compute);
  const actual = await valuesOn('wasm', compute);
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  for (const [i, { values }] of actual.entries())
    expect(relativeError(values, (expected[i] as Values).values)).toBeLessThan(tolerance);
}

interface Values {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

async function valuesOn(backend: string, compute: () => tf.Tensor | tf.Tensor[]): Promise<Values[]> {
  await tf.setBackend(backend);
  const before = [tf.memory().numTensors, tf.engine().backend.numDataIds()];
  const results = tf.tidy(() => [compute()].flat());
  const values = await Promise.all(
    results.map(async (t) => ({ shape: t.shape, dtype: t.dtype, values: await t.data() })),
  );
  tf.dispose(results);
  expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual(before);
  return values;
}
