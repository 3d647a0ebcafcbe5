/** How the kernels come to a backend's heap. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GuardedHeap } from '../test/guarded-heap';
import { hasManyThreads, loadNative, native } from './native';

beforeAll(loadNative);

/** A backend as far as the kernels know one: where threads share the memory, it is not among the exports. */
function backendOn({ memory, malloc, free }: GuardedHeap, { shared = false, threads = 1 } = {}): BackendWasm {
  const asm = { malloc, free, ...(!shared && { memory }) };
  const wasm = {
    asm,
    _malloc: malloc,
    ...(shared && { wasmMemory: memory }),
    tfjs: { getThreadsCount: () => threads },
  };
  return { wasm } as unknown as BackendWasm;
}

test.each([false, true])('one instance a backend (memory shared: %s)', (shared) => {
  const heap = new GuardedHeap({ shared });
  const backend = backendOn(heap, { shared });
  const found = native(backend);
  expect(found.memory).toBe(heap.memory);
  expect(native(backend)).toBe(found);
  expect(native(backendOn(heap, { shared }))).not.toBe(found);
  const x = heap.place('x', 20);
  const y = heap.place('y', 20);
  heap.write(x, [-1, 0, 1, 2, -3]);
  heap.write(y, [0, 0, 0, 0, 0]);
  found.exports.reluGradient(x, x, y, 5);
  expect([...heap.floats(y, 5)]).toEqual([0, 0, 1, 2, 0]);
});

test('tfjs is refused memory that there is not', () => {
  const heap = new GuardedHeap();
  const backend = backendOn(heap);
  native(backend);
  const { wasm } = backend as unknown as { wasm: { _malloc(bytes: number): number } };
  expect(wasm._malloc(8)).toBeGreaterThan(0);
  heap.left = 0;
  expect(() => wasm._malloc(8)).toThrow(expect.objectContaining({ code: 'ENGINE_MEMORY' }));
  expect(wasm._malloc(0)).toBe(0);
});

describe('threads of tfjs', () => {
  test.each([
    [1, false],
    [3, false],
    [4, true],
  ])('%i: many? %s', (threads, many) => {
    expect(hasManyThreads(backendOn(new GuardedHeap(), { threads }))).toBe(many);
  });
});
