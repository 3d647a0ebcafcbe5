/**
 * Calls of the kernels in `assembly/` on a guarded heap: what a call reads, what it must give, and what else must stay
 * as it was.
 */
import { gunzipSync } from 'node:zlib';
import type { Geometry } from '@neusim/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import relaxed from '../generated/relaxed';
import simd from '../generated/simd';
import { allowRelaxedSimd, type Build } from '../native/binary';
import type { Address, Exports, Native } from '../native/exports';
import { type PositionLayout, writeGeometry } from '../native/geometry';
import { instantiate } from '../native/native';
import { GuardedHeap, type HeapOptions } from './guarded-heap';

export const builds: readonly Build[] = ['simd', 'relaxed'];

export interface Buffer {
  /** What it holds before the call; without, NaN. */
  readonly before?: ArrayLike<number>;
  /** What it must hold after the call; without, what it held before. */
  readonly after?: ArrayLike<number>;
  /** Whether its address may not be 0, which stands for none. */
  readonly mayBeNone?: boolean;
}

export interface Call {
  readonly geometry?: {
    readonly g: Geometry;
    readonly batch: number;
    readonly filters: number;
    readonly similarity?: PositionLayout;
    readonly offsets?: PositionLayout;
  };
  readonly buffers: Readonly<Record<string, Buffer>>;
  /** `at` gives the address of a buffer, 0 where the call has none of that name. */
  readonly run: (kernels: Exports, at: (buffer: string) => Address, geometry: Address) => unknown;
  /** Largest error allowed, in parts of 1 + the largest value. Default 3e-6. */
  readonly tolerance?: number;
}

/** Calls of one kernel. */
export interface Cases {
  /** Visits calls of random shapes; what fails is made small. */
  check(numRuns: number, visit: (call: Call) => void): void;
  samples(count: number): readonly Call[];
  /** Calls that span several of the kernel's tiles or blocks. */
  readonly large: readonly Call[];
}

export function cases<S>(shapes: fc.Arbitrary<S>, large: readonly S[], call: (shape: S) => Call): Cases {
  return {
    check: (numRuns, visit) =>
      fc.assert(
        fc.property(shapes, (shape) => visit(call(shape))),
        { seed: 1, numRuns },
      ),
    samples: (count) => fc.sample(shapes, { seed: 2, numRuns: count }).map(call),
    large: large.map(call),
  };
}

export interface GuardedKernels {
  readonly heap: GuardedHeap;
  readonly native: Native;
}

export function bytesOf(build: Build): Uint8Array<ArrayBuffer> {
  if (build === 'relaxed') allowRelaxedSimd();
  const text = build === 'relaxed' ? relaxed : simd;
  return Uint8Array.from(gunzipSync(Buffer.from(text, 'base64')));
}

/** A build of the kernels on a guarded heap of its own. */
export function guardedKernels(build: Build, options?: HeapOptions): GuardedKernels {
  const heap = new GuardedHeap(options);
  const native = instantiate(bytesOf(build), heap);
  heap.keep();
  return { heap, native };
}

export interface RunOptions {
  /** A buffer to place at the beginning or the end of memory. */
  readonly placed?: { readonly buffer: string; readonly at: 'start' | 'end' };
  /** How often the kernel may ask for memory. */
  readonly allocations?: number;
}

export interface Outcome {
  /** Whether the kernel found the memory to work in. */
  readonly done: boolean;
  /** What the buffers hold now. */
  readonly values: Readonly<Record<string, Float32Array>>;
  readonly faults: readonly string[];
}

/** Makes a call on a heap that holds nothing else. */
export function runCall({ heap, native }: GuardedKernels, call: Call, options: RunOptions = {}): Outcome {
  heap.reset();
  const { geometry, buffers } = call;
  const g =
    geometry &&
    writeGeometry(
      native,
      geometry.g,
      geometry.batch,
      geometry.filters,
      geometry.similarity,
      geometry.offsets,
    );
  const addresses: Record<string, Address> = {};
  for (const [name, { before, after, mayBeNone }] of Object.entries(buffers)) {
    const bytes = 4 * (before ?? after ?? []).length;
    const { placed } = options;
    const isPlaced = placed?.buffer === name;
    const address = heap.place(
      name,
      bytes,
      isPlaced ? (placed.at === 'end' ? 'end' : mayBeNone ? 4 : 0) : undefined,
    );
    if (before) heap.write(address, before);
    addresses[name] = address;
  }
  heap.left = options.allocations ?? Number.POSITIVE_INFINITY;
  const done = call.run(native.exports, (name) => addresses[name] ?? 0, g ?? 0) !== 0;
  const values = Object.fromEntries(
    Object.entries(buffers).map(([name, { before, after }]) => [
      name,
      heap.floats(addresses[name] as Address, (before ?? after ?? []).length).slice(),
    ]),
  );
  return { done, values, faults: heap.faults() };
}

/** Makes a call and holds it to its promises: right values, guards intact, all memory given back. */
export function expectRight(kernels: GuardedKernels, call: Call, options: RunOptions = {}): void {
  const { done, values, faults } = runCall(kernels, call, options);
  expect(faults).toEqual([]);
  expect(done).toBe(true);
  for (const [name, { before, after }] of Object.entries(call.buffers)) {
    if (!after) expect(values[name], name).toEqual(Float32Array.from(before ?? []));
    else
      expect(largestError(values[name] as Float32Array, after), name).toBeLessThanOrEqual(
        call.tolerance ?? 3e-6,
      );
  }
}

/** The largest difference in parts of 1 + the largest value expected; infinite where any value is no number. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    error = Math.max(error, difference);
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return error / (1 + largest);
}
