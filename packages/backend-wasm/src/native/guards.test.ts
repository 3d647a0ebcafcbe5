/**
 * Every kernel of both builds, on shapes of all kinds: what it gives is right, and it touches nothing but its buffers.
 */
import { describe, expect, test } from 'vitest';
import { calls } from '../test/calls';
import { builds, expectRight, guardedKernels, runCall } from '../test/kernel-call';

const everyKernel = Object.entries(calls);

describe.each(builds)('%s', (build) => {
  const kernels = guardedKernels(build);

  test('there are calls of every function', () => {
    const functions = Object.entries(kernels.native.exports).filter(([, each]) => typeof each === 'function');
    expect(functions.map(([name]) => name).sort()).toEqual(everyKernel.map(([name]) => name).sort());
  });

  test.each(everyKernel)('%s: random shapes', (_, { check }) => {
    check(80, (call) => expectRight(kernels, call));
  });

  test.each(everyKernel.filter(([, { large }]) => large.length > 0))('%s: several blocks', (_, { large }) => {
    for (const call of large) expectRight(kernels, call);
  });

  test.each(everyKernel)('%s: each buffer at either end of memory', (_, { samples }) => {
    for (const call of samples(12))
      for (const buffer of Object.keys(call.buffers))
        for (const at of ['start', 'end'] as const) expectRight(kernels, call, { placed: { buffer, at } });
  });

  const wild = [Number.NaN, 1 / 0, -1 / 0, 3e38, -3e38, 2 ** 31, -(2 ** 31), 2 ** 24 + 1, 1e-45, -1e-45];
  test.each(everyKernel.filter(([, { samples }]) => samples(1)[0]!.buffers.offsets))(
    '%s: offsets that lead nowhere',
    (_, { samples, large }) => {
      for (const [i, call] of [...samples(60), ...large].entries()) {
        const offsets = call.buffers.offsets!.before!;
        const before = Float32Array.from(offsets, (value, k) => ((i + k) % 3 ? wild[(i + k) % 10]! : value));
        for (const at of ['start', 'end'] as const) {
          const moved = {
            ...call,
            buffers: { ...call.buffers, offsets: { ...call.buffers.offsets, before } },
          };
          const buffer = call.buffers.dx ? 'dx' : 'x';
          expect(runCall(kernels, moved, { placed: { buffer, at } }).faults).toEqual([]);
        }
      }
    },
  );
});
