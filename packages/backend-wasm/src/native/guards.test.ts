/**
 * Every kernel of both builds, on shapes of all kinds: what it gives is right, and it touches nothing but its buffers.
 */
import { describe, expect, test } from 'vitest';
import { calls } from '../test/calls';
import { builds, expectRight, guardedKernels } from '../test/kernel-call';

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
});
