/** Kernels that find no memory to work in say so, and leave neither tensors nor data behind. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { type Heap, native } from '../native/native';
import { type KernelCase, kernelCases, runCase } from '../test/kernel-cases';
import { startBoth } from '../test/parity';

/** For whom there is no memory. */
let full: 'nobody' | 'kernels' | 'tensors' = 'nobody';
/** Tensors that find memory before there is none. */
let room = 0;

/** A heap that can be full: the backend's own, but for its allocator, as the kernels and as tfjs come to know it. */
beforeAll(async () => {
  await startBoth();
  const engine = tf.engine().backend as unknown as { wasm: { asm: Heap } };
  const { asm } = engine.wasm;
  engine.wasm = Object.create(engine.wasm, {
    asm: { value: { ...asm, malloc: (bytes: number) => (full === 'kernels' ? 0 : asm.malloc(bytes)) } },
    _malloc: {
      writable: true,
      value: (bytes: number) => (full === 'tensors' && room-- <= 0 ? 0 : asm.malloc(bytes)),
    },
  });
  native(backend());
});

const backend = () => tf.engine().backend as BackendWasm;
const held = () => [tf.memory().numTensors, backend().numDataIds()];
const working = new Set([
  'matMul',
  'similarityForward',
  'similarityBackward',
  'sampledForward',
  'sampledBackward',
  'samplePatches',
  'samplePatchesBackward',
  'winogradForward',
  'winogradFilterGradient',
]);
const cases = kernelCases.filter(({ uses }) => uses.some((name) => working.has(name)));

test.each(cases)('$kernel: $what', async (each) => {
  const inputs = each.inputs();
  const first = await valuesOf(each, inputs);
  expectRefused('kernels', () => runCase(each, inputs));
  expect(await valuesOf(each, inputs)).toEqual(first);
  tf.dispose(inputs);
});

test('a tensor that finds no memory is refused, and overwrites nothing', async () => {
  const x = tf.ones([100]);
  expectRefused('tensors', () => tf.ones([100]));
  expectRefused('tensors', () => tf.add(x, 1));
  expectRefused('tensors', () => tf.relu(x));
  expect(await x.data()).toEqual(new Float32Array(100).fill(1));
  x.dispose();
});

/** Those of several outputs. */
const many = kernelCases.filter(({ kernel }) => /Conv2DBackprop$|BatchNorm|Update|SplitV/.test(kernel));

test.each(many)('$kernel: $what, with memory for a few of its tensors', async (each) => {
  const inputs = each.inputs();
  const first = await valuesOf(each, inputs);
  expect(first.length).toBeGreaterThan(0);
  room = 1;
  expectRefused('tensors', () => runCase(each, inputs));
  expect(await valuesOf(each, inputs)).toEqual(first);
  tf.dispose(inputs);
});

function expectRefused(whom: typeof full, run: () => tf.TensorContainer): void {
  const before = held();
  full = whom;
  try {
    expect(() => tf.tidy(run)).toThrow(
      expect.objectContaining({ code: 'ENGINE_MEMORY', data: expect.objectContaining({ backend: 'wasm' }) }),
    );
  } finally {
    full = 'nobody';
  }
  expect(held()).toEqual(before);
}

async function valuesOf(each: KernelCase, inputs: tf.NamedTensorMap): Promise<unknown[]> {
  const outputs = runCase(each, inputs);
  const values = await Promise.all(outputs.map((output) => output.data()));
  tf.dispose(outputs);
  return values;
}
