/**
 * The kernels on a stand-in for libtensorflow: TensorFlow's operations by their documentation, in plain JavaScript.
 * The same suite runs on the real one, where it is installed, in real.test.ts.
 */
import core, { avgPoolGrad, geometry, patches, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { nativeBackend } from '../native-backend';
import { cpuPackage, gpuPackage } from '../packages';
import { forgetFake, importFake, machine } from '../test/fakes';
import { seamSuite } from '../test/seam-suite';
import { segmentScatter } from './scatter';

describe.each([
  [cpuPackage, false],
  [gpuPackage, true],
])('on a stand-in, $engine', (wanted, gpu) => {
  seamSuite(async () => {
    await startBackend(createRegistry(core), 'cpu');
    await nativeBackend(wanted, machine({ load: () => importFake(gpu, gpu) })).start();
    return wanted.engine;
  });
  afterAll(forgetFake);
});

test('padding that TensorFlow does not pool with is refused', async () => {
  await nativeBackend(cpuPackage, machine({ load: () => importFake(false, false) })).start();
  const attrs = { filterSize: 2, strides: 2, pad: 1 } as const;
  const gradient = () => avgPoolGrad(tf.ones([1, 3, 3, 1]), [1, 4, 4, 1], attrs as never);
  expect(gradient).toThrow(expect.objectContaining({ code: 'POOL_PADDING', data: { pad: 1 } }));
  forgetFake();
});

test('a run of rows is added where its windows read', async () => {
  await startBackend(createRegistry(core), 'cpu');
  const g = geometry([9, 8, 2], [3, 2], { strides: [2, 3], dilations: [1, 2], pad: 'same' });
  for (const s of patches.slices(2, g, 2 * g.outWidth * g.taps * g.channels)) {
    const taps = randomUniform([s.positions, g.taps, 2], 1 + s.row);
    const [ours, expected] = tf.tidy(() => {
      const grid = [s.images, s.rows, g.outWidth, 2] as [number, number, number, number];
      const split = tf.split(toTensor(taps), g.taps, 1).map((tap) => tf.reshape(tap, grid) as tf.Tensor4D);
      const dx = segmentScatter(toTensor(taps), s, g);
      return [dx, patches.scatterTaps(split, s.row, g)];
    }) as [tf.Tensor, tf.Tensor];
    expect(s.rows).toBeLessThan(g.outHeight);
    expect(ours.shape).toEqual(expected.shape);
    expect(relativeError(await ours.data(), await expected.data())).toBeLessThan(1e-6);
  }
});
