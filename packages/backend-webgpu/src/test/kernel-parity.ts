/** Runs the same computation on cpu, as the oracle, and on WebGPU, and tells which programs the latter took. */
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { listen } from '../engine/encode';
import type { Gpu } from '../engine/internals';
import webgpu from '../node';
import { currentGpu } from '../webgpu';

const registry = createRegistry(core, webgpu);

/** Starts both engines; webgpu is current afterwards. What tfjs would compute on the processor goes to the GPU too. */
export async function startBoth(): Promise<void> {
  await startBackend(registry, 'cpu');
  await startBackend(registry, 'webgpu');
  tf.env().set('WEBGPU_CPU_FORWARD', false);
}

/** A tensor of uniform values in [-1, 1). */
export function random<R extends tf.Rank = tf.Rank>(shape: readonly number[], seed = 1): tf.Tensor<R> {
  return toTensor<R>(randomUniform(shape, seed));
}

/** Names of the programs that `f` dispatches, in order. */
export function dispatched(f: () => void): string[] {
  const gpu: Gpu = currentGpu();
  const names: string[] = [];
  listen(gpu, { dispatched: ({ name }) => void names.push(name) });
  try {
    f();
  } finally {
    listen(gpu, null);
  }
  return names;
}

interface Values {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/**
 * Holds what `compute` gives on webgpu to what it gives on cpu: shape, type and values; and sees to it that neither
 * holds more data afterwards than before.
 * @returns names of the programs that ran.
 */
export async function expectParity(
  compute: () => tf.Tensor | tf.Tensor[],
  tolerance = 1e-6,
): Promise<string[]> {
  const expected = await valuesOn('cpu', compute);
  let names: string[] = [];
  const actual = await valuesOn('webgpu', () => {
    let result: tf.Tensor | tf.Tensor[] = [];
    names = dispatched(() => {
      result = compute();
    });
    return result;
  });
  expect(actual.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    expected.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  for (const [i, { values }] of actual.entries()) {
    const wanted = (expected[i] as Values).values;
    if (Array.from(wanted).every(Number.isFinite))
      expect(relativeError(values, wanted)).toBeLessThan(tolerance);
    else expect([...values]).toEqual([...wanted]);
  }
  return names;
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
