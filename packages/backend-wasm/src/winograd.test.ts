import { composed, geometry } from '@neusim/core';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from './test/parity';
import { isWinograd, winogradFilterGradient, winogradForward } from './winograd';

beforeAll(startBoth);

const cases = [
  { x: [2, 6, 5, 3], window: [3, 3], pad: 'same' },
  { x: [3, 7, 4, 2], window: [3, 3], pad: 'same' },
  { x: [3, 7, 6, 2], window: [3, 2], pad: 'valid' },
  { x: [1, 4, 5, 1], window: [3, 1], pad: 'valid' },
  { x: [2, 5, 6, 2], window: [3, 5], pad: 'same' },
  {
    x: [2, 5, 6, 2],
    window: [3, 3],
    pad: [
      [0, 2],
      [1, 0],
    ],
  },
  {
    x: [33, 4, 3, 2],
    window: [3, 3],
    pad: [
      [2, 2],
      [2, 2],
    ],
  },
  { x: [2, 130, 140, 4], window: [3, 3], pad: 'same' },
] as const;

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  test.each(cases)('x $x, window $window, pad $pad', async ({ x, window, pad }) => {
    await tf.setBackend(backend);
    const [, height, width, channels] = x;
    const g = geometry([height, width, channels], window, { pad });
    const filters = 3;
    const image = random<tf.Rank.R4>(x, 1);
    const kernel = random<tf.Rank.R4>([...window, channels, filters], 2);
    const dy = random<tf.Rank.R4>([x[0], g.outHeight, g.outWidth, filters], 3);
    const before = tf.memory().numTensors;
    const got = tf.tidy(() => [winogradForward(image, kernel, g), winogradFilterGradient(image, dy, g)]);
    const expected = tf.tidy(() => [
      composed.convForward(image, kernel, g),
      composed.convBackpropFilter(image, dy, g),
    ]);
    for (const [i, each] of got.entries()) {
      expect(each.shape).toEqual(expected[i]?.shape);
      expect(relativeError(await each.data(), (await expected[i]?.data()) as Float32Array)).toBeLessThan(
        5e-6,
      );
    }
    tf.dispose([got, expected]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([image, kernel, dy]);
  });
});

test('which geometries it can do', () => {
  const same = (window: readonly [number, number], options = {}) =>
    isWinograd(geometry([8, 8, 4], window, { pad: 'same', ...options }));
  expect(same([3, 3])).toBe(true);
  expect(same([3, 1])).toBe(true);
  expect(same([2, 3])).toBe(false);
  expect(same([3, 3], { strides: [1, 2] })).toBe(false);
  expect(same([3, 3], { dilations: [1, 2] })).toBe(false);
  expect(isWinograd(geometry([3, 8, 4], [3, 3]))).toBe(false);
});

test('convolutions large enough to take it, and their gradients', () =>
  expectParity(() => {
    const f = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
    const [x, w] = [random([12, 16, 15, 64], 1), random([3, 3, 64, 64], 2)];
    return [f(x, w), ...tf.grads(f)([x, w], random([12, 16, 15, 64], 3))];
  }, 5e-6));

test.each(['linear', 'relu'] as const)('a fused convolution large enough, %s', (activation) =>
  expectParity(() => {
    const x = random<tf.Rank.R4>([12, 16, 15, 64], 1);
    const filter = random<tf.Rank.R4>([3, 3, 64, 64], 2);
    return tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias: random([64], 3), activation });
  }, 5e-6),
);

test('maps large enough to be turned in blocks', () =>
  expectParity(() => tf.transpose(random([33, 30, 9, 35]), [3, 1, 2, 0])));
