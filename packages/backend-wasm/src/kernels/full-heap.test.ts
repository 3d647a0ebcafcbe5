/** Kernels that find no memory to work in say so, and leave neither tensors nor data behind. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { Heap } from '../native/native';
import { type KernelCase, kernelCases, runCase } from '../test/kernel-cases';
import { startBoth } from '../test/parity';

let isFull = false;

/** From the kernels' next start on, tfjs's allocator refuses them, and them alone, where the heap is said to be full. */
beforeAll(async () => {
  await startBoth();
  const { wasm } = tf.engine().backend as unknown as { wasm: { asm: Heap } };
  const { malloc } = wasm.asm;
  wasm.asm = { ...wasm.asm, malloc: (bytes) => (isFull ? 0 : malloc(bytes)) };
});

const backend = () => tf.engine().backend as BackendWasm;
const held = () => [tf.memory().numTensors, backend().numDataIds()];
const working = new Set([
  'matMul',
  'similarityForward',
  'similarityBackward',
  'winogradForward',
  'winogradFilterGradient',
]);
const cases = kernelCases.filter(({ uses }) => uses.some((name) => working.has(name)));

test.each(cases)('$kernel: $what', async (each) => {
  const inputs = each.inputs();
  const first = await valuesOf(each, inputs);
  const before = held();
  isFull = true;
  try {
    expect(() => tf.tidy(() => runCase(each, inputs))).toThrow(
      expect.objectContaining({ code: 'ENGINE_MEMORY', data: expect.objectContaining({ backend: 'wasm' }) }),
    );
  } finally {
    isFull = false;
  }
  expect(held()).toEqual(before);
  expect(await valuesOf(each, inputs)).toEqual(first);
  tf.dispose(inputs);
});

async function valuesOf(each: KernelCase, inputs: tf.NamedTensorMap): Promise<unknown[]> {
  const outputs = runCase(each, inputs);
  const values = await Promise.all(outputs.map((output) => output.data()));
  tf.dispose(outputs);
  return values;
}
