/**
 * The kernels that this package gives to tfjs do their work themselves: the profile of a call names that kernel alone,
 * and the work is done in `assembly/`, not by a stock kernel.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { Exports } from '../native/exports';
import { native } from '../native/native';
import { type KernelCase, kernelCases, runCase } from '../test/kernel-cases';
import { startBoth } from '../test/parity';
import { kernels } from './index';

/** Composed of other kernels: it makes labels, which is no part of a training step. */
const composed = [tf.OneHot];

let used: Set<keyof Exports>;

beforeAll(async () => {
  await startBoth();
  const engine = native(tf.engine().backend as BackendWasm);
  const recorded = Object.entries(engine.exports).map(([name, run]) => [
    name,
    (...args: unknown[]) => {
      used.add(name as keyof Exports);
      return run(...args);
    },
  ]);
  Object.assign(engine, { exports: Object.fromEntries(recorded) });
});

test('every kernel has a case, or is known to be composed', () => {
  const cased = new Set(kernelCases.map(({ kernel }) => kernel));
  expect(kernels.map(({ kernel }) => kernel).sort()).toEqual([...cased, ...composed].sort());
});

async function profile(each: KernelCase): Promise<string[]> {
  const inputs = each.inputs();
  used = new Set();
  const { kernels } = await tf.profile(() => runCase(each, inputs));
  return kernels.map(({ name }) => name);
}

test.each(kernelCases)('$kernel: $what', async (each) => {
  expect(await profile(each)).toEqual([each.kernel]);
  expect([...used]).toEqual(each.uses);
});
