import {
  convolutionForward,
  fromTensor,
  type NdArray,
  ndArray,
  randomNormal,
  relativeError,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { depthwiseConv2d } from './depthwise-conv2d';

/** The same as a convolution whose kernel has each channel by itself. */
function expected(x: NdArray, w: NdArray, pad: 'same' | 'valid'): NdArray {
  const [rows, columns, channels] = w.shape as [number, number, number];
  const whole = ndArray([rows, columns, channels, channels]);
  for (let i = 0; i < w.data.length; i++) whole.data[i * channels + (i % channels)] = w.data[i] as number;
  return convolutionForward({ x, w: whole, m: null }, { strides: [1, 1], pad, dilations: [1, 1] });
}

onEachEngine('depthwise convolution', () => {
  test.each([
    [[2, 5, 4, 3], [3, 3], 'same'],
    [[2, 5, 4, 3], [3, 2], 'valid'],
    [[3, 2, 3, 5], [5, 5], 'same'],
    [[0, 4, 3, 2], [3, 3], 'same'],
  ] as const)('x %j, window %j, %s', async (shape, window, pad) => {
    const x = randomNormal(shape, 1);
    const w = randomNormal([...window, shape[3], 1], 2);
    const y = await fromTensor(depthwiseConv2d(toTensor(x) as tf.Tensor4D, toTensor(w) as tf.Tensor4D, pad));
    const wanted = expected(x, w, pad);
    expect(y.shape).toEqual(wanted.shape);
    expect(relativeError(y.data, wanted.data)).toBeLessThan(1e-5);
  });

  test('gradients to the third order, against those of a plain convolution of the same kernel', async () => {
    const [x, w] = [randomNormal([2, 4, 3, 2], 1), randomNormal([3, 2, 2, 1], 2)].map(toTensor) as [
      tf.Tensor,
      tf.Tensor,
    ];
    // Products of slices, differentiable to any order.
    const composed = (a: tf.Tensor4D, k: tf.Tensor4D) => {
      const padded = tf.pad(a, [
        [0, 0],
        [1, 1],
        [0, 1],
        [0, 0],
      ]);
      const taps = [0, 1, 2].flatMap((p) => [0, 1].map((q) => [p, q] as const));
      return taps
        .map(([p, q]) =>
          tf.mul(
            tf.slice(padded, [0, p, q, 0], [2, 4, 3, 2]),
            tf.reshape(tf.slice(k, [p, q, 0, 0], [1, 1, 2, 1]), [2]),
          ),
        )
        .reduce((sum, each) => tf.add(sum, each));
    };
    const all = (f: (a: tf.Tensor4D, k: tf.Tensor4D) => tf.Tensor) => {
      const first = tf.grads((a, k) => tf.sum(tf.square(f(a as tf.Tensor4D, k as tf.Tensor4D))));
      const next = (g: ReturnType<typeof tf.grads>) =>
        tf.grads((a, k) => tf.addN(g([a!, k!]).map((each) => tf.sum(tf.square(each)))));
      return [first, next(first), next(next(first))].flatMap((g) => g([x, w]));
    };
    const reference = await Promise.all(all(composed).map(fromTensor));
    const found = await Promise.all(all(depthwiseConv2d).map(fromTensor));
    for (const [i, each] of found.entries())
      expect(relativeError(each.data, reference[i]!.data)).toBeLessThan(1e-5);
  });

  test('refuses channels that differ', () => {
    expect(() => depthwiseConv2d(tf.zeros([1, 3, 3, 2]), tf.zeros([3, 3, 3, 1]))).toThrow(
      expect.objectContaining({ code: 'SIMILARITY_SHAPE' }),
    );
  });
});
