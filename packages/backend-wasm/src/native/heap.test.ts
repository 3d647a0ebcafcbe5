/** The kernels on heaps of other kinds: one that grows while they run, one that is full, one shared between threads. */
import { describe, expect, test } from 'vitest';
import { calls } from '../test/calls';
import { builds, bytesOf, expectRight, guardedKernels, largestError, runCall } from '../test/kernel-call';
import { forSharedMemory } from './binary';

const everyKernel = Object.entries(calls);
const someOf = ({ samples, large }: (typeof everyKernel)[0][1]) => [...samples(10), ...large];

describe.each(builds)('%s', (build) => {
  const kernels = guardedKernels(build);
  const growing = guardedKernels(build, { grows: true });
  const shared = guardedKernels(build, { shared: true });

  test.each(everyKernel)('%s: the memory grows during the call', (_, cases) => {
    const before = growing.heap.memory.buffer.byteLength;
    let asked = 0;
    for (const call of cases.samples(3)) {
      expectRight(growing, call);
      asked += growing.heap.asked;
    }
    expect(growing.heap.memory.buffer.byteLength).toBe(before + asked * 2 ** 16);
  });

  test.each(everyKernel)('%s: without memory it says so and leaves nothing behind', (name, cases) => {
    let asked = 0;
    for (const call of someOf(cases)) {
      runCall(kernels, call);
      const needed = kernels.heap.asked;
      asked += needed;
      for (let allocations = 0; allocations < needed; allocations++) {
        const { done, faults } = runCall(kernels, call, { allocations });
        expect({ done, faults }).toEqual({ done: false, faults: [] });
      }
      expectRight(kernels, call);
    }
    expect(asked > 0).toBe(inNeedOfMemory.has(name));
  });

  test.each(everyKernel)('%s: the same bits on a shared memory', (_, cases) => {
    for (const call of someOf(cases)) expect(runCall(shared, call)).toEqual(runCall(kernels, call));
  });

  test('the binary for shared memory differs in one byte, and the other is refused there', () => {
    const bytes = bytesOf(build);
    const patched = forSharedMemory(bytes);
    expect([...bytes.keys()].filter((i) => bytes[i] !== patched[i])).toHaveLength(1);
    expect(patched).toHaveLength(bytes.length);
    expect(shared.heap.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    const { memory } = shared.heap;
    const imports = { env: { memory, malloc: () => 0, free: () => undefined } };
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)).toThrow(
      WebAssembly.LinkError,
    );
  });
});

const inNeedOfMemory = new Set([
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

const [plain, fused] = builds.map((build) => guardedKernels(build)) as [Kernels, Kernels];

test.each(everyKernel)('%s: both builds agree to rounding', (_, cases) => {
  for (const call of someOf(cases)) {
    const { values } = runCall(plain, call);
    for (const [name, others] of Object.entries(runCall(fused, call).values))
      expect(largestError(others, values[name] as Float32Array), name).toBeLessThan(call.tolerance ?? 3e-6);
  }
});

type Kernels = ReturnType<typeof guardedKernels>;

test('the builds are not the same: fused sums round differently', () => {
  const differ = calls.matMul.samples(10).filter((call) => {
    const [c, other] = [plain, fused].map((kernels) => runCall(kernels, call).values.c);
    return c?.some((value, i) => value !== other?.[i]);
  });
  expect(differ.length).toBeGreaterThan(0);
});
