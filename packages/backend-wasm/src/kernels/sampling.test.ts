/** Where taps are moved: what a step takes of the heap, in a process of its own. */
import { similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { heapBytes } from '../index';
import { startBoth } from '../test/parity';

beforeAll(startBoth);

test('a training step at offsets takes a few maps, not one for each tap', () => {
  const map: [number, number, number, number] = [32, 32, 32, 64];
  const bytes = 4 * map.reduce((a, b) => a * b);
  const inputs = [
    tf.ones(map),
    tf.ones([3, 3, 64, 64]),
    tf.fill([32, 32, 32, 18], 0.3),
    tf.ones([32, 32, 32, 9]),
  ];
  const before = heapBytes();
  const run = (...[x, w, offsets, m]: tf.Tensor[]) =>
    similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m as tf.Tensor, {
      pad: 'same',
      offsets: offsets as tf.Tensor4D,
    });
  tf.dispose(tf.grads(run)(inputs));
  // y, dy, dx and the gradients of the offsets and m; the heap grows by a fifth more than was asked for.
  expect(heapBytes() - before).toBeLessThan(5 * bytes);
});
