import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

const positive = (shape: number[], seed: number) => tf.add(tf.square(random(shape, seed)), 0.1);

test.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('offset %s, scale %s', async (offset, scale) => {
  for (const shape of [
    [5, 3],
    [2, 4, 3],
    [2, 3, 4, 5],
  ])
    await expectParity(() => {
      const c = shape.slice(-1);
      return tf.batchNorm(
        random(shape, 1),
        random(c, 2) as tf.Tensor1D,
        positive(c, 3) as tf.Tensor1D,
        offset ? (random(c, 4) as tf.Tensor1D) : undefined,
        scale ? (random(c, 5) as tf.Tensor1D) : undefined,
        1e-3,
      );
    });
});
