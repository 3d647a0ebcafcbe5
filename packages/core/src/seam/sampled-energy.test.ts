/** In slices of images, and of the rows of one: what it is without. */
import { randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { start } from '../../../../tools/engines';
import { geometry } from '../geometry';
import { samplePatches } from './sample-patches';
import { sampledEnergy } from './sampled-energy';
import { squaredNorm } from './squared-norm';

type T4 = tf.Tensor4D;

test.each([
  ['images', [4, 64, 64, 12], [4, 64, 64, 18]],
  ['images, offsets shared', [4, 64, 64, 12], [1, 1, 1, 18]],
  ['rows', [1, 128, 128, 9], [1, 128, 1, 18]],
] as const)('slices of %s', async (_, shape, places) => {
  await start('wasm');
  const [, height, width, channels] = shape;
  const g = geometry([height, width, channels], [3, 3], { pad: 'same' });
  const x = toTensor(randomUniform(shape, 1));
  const offsets = toTensor(randomUniform(places, 2, -2, 2));
  const own = (x: tf.Tensor, offsets: tf.Tensor) => sampledEnergy(x as T4, offsets as T4, g);
  const whole = (x: tf.Tensor, offsets: tf.Tensor) => squaredNorm(samplePatches(x as T4, offsets as T4, g));
  const expected = [whole(x, offsets), ...tf.grads(whole)([x, offsets])];
  const actual = [own(x, offsets), ...tf.grads(own)([x, offsets])];
  for (const [i, each] of actual.entries()) {
    expect(each.shape).toEqual(expected[i]!.shape);
    expect(relativeError(await each.data(), await expected[i]!.data())).toBeLessThan(1e-5);
  }
});
