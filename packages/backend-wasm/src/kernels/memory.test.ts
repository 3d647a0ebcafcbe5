import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

describe('slice', () => {
  test.each([
    [[10], [3], [4]],
    [
      [4, 5],
      [1, 0],
      [2, 5],
    ],
    [
      [4, 5],
      [1, 2],
      [2, 3],
    ],
    [
      [3, 4, 40],
      [0, 1, 5],
      [3, 2, 30],
    ],
    [
      [2, 5, 6, 3],
      [0, 1, 2, 0],
      [2, 3, 4, 3],
    ],
    [
      [2, 5, 6, 30],
      [1, 0, 0, 0],
      [1, 5, 6, 30],
    ],
    [
      [2, 3, 4, 5, 6],
      [0, 1, 1, 2, 0],
      [2, 2, 2, 3, 6],
    ],
    [
      [2, 3, 4, 5, 2, 2],
      [1, 1, 1, 2, 0, 1],
      [1, 2, 2, 3, 2, 1],
    ],
    [
      [3, 4],
      [1, 1],
      [0, 2],
    ],
    [
      [0, 4],
      [0, 1],
      [0, 2],
    ],
  ])('%j from %j, %j', async (shape, begin, size) => {
    await expectParity(() => tf.slice(random(shape), begin, size));
    await expectParity(() => tf.slice(tf.cast(tf.mul(random(shape), 100), 'int32'), begin, size));
    await expectParity(() => tf.slice(tf.greater(random(shape), 0), begin, size));
  });

  test('to the end with -1', () => expectParity(() => tf.slice(random([4, 5]), [1, 2], [-1, 2])));

  test('strings', async () => {
    const part = tf.slice(tf.tensor1d(['a', 'b', 'c']), 1, 2);
    expect(await part.data()).toEqual(['b', 'c']);
    part.dispose();
  });
});

test.each([
  [[6, 4], [2, 1, 3], 0],
  [[3, 8, 2], 4, 1],
  [[2, 3, 10], [1, 0, 9], -1],
] as [number[], number[] | number, number][])('split %j into %j along %i', (shape, sizes, axis) =>
  expectParity(() => tf.split(random(shape), sizes as number[] | number, axis)),
);

test.each([
  [[5], [[2, 1]]],
  [
    [3, 4],
    [
      [0, 2],
      [1, 0],
    ],
  ],
  [
    [2, 3, 40],
    [
      [1, 1],
      [0, 0],
      [2, 3],
    ],
  ],
  [
    [2, 5, 6, 3],
    [
      [0, 0],
      [1, 2],
      [3, 0],
      [0, 0],
    ],
  ],
  [
    [2, 2, 3, 2, 30],
    [
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ],
  ],
  [
    [0, 3],
    [
      [1, 1],
      [0, 2],
    ],
  ],
  [
    [2, 3],
    [
      [0, 0],
      [0, 0],
    ],
  ],
])('pad %j by %j', async (shape, paddings) => {
  await expectParity(() => tf.pad(random(shape), paddings as [number, number][]));
  await expectParity(() => tf.pad(random(shape), paddings as [number, number][], -2.5));
  await expectParity(() =>
    tf.pad(tf.cast(tf.mul(random(shape), 9), 'int32'), paddings as [number, number][], 7),
  );
});

describe('identity and cast', () => {
  test('types', async () => {
    await expectParity(() => tf.clone(random([3, 4])));
    await expectParity(() => tf.cast(random([3, 4]), 'float32'));
    await expectParity(() => tf.cast(tf.mul(random([3, 4]), 9), 'int32'));
    await expectParity(() => tf.cast(tf.greater(random([3, 4]), 0), 'float32'));
  });

  test('a clone shares memory and outlives its original', async () => {
    const backend = tf.engine().backend;
    const before = backend.numDataIds();
    const original = random([100]);
    const values = await original.data();
    const clone = tf.clone(original);
    expect(clone.dataId).toBe(original.dataId);
    original.dispose();
    expect(await clone.data()).toEqual(values);
    clone.dispose();
    expect(backend.numDataIds()).toBe(before);
  });

  test('a variable assigned from a tensor keeps its value when the tensor goes', async () => {
    const variable = tf.variable(tf.scalar(1));
    const next = tf.scalar(2);
    variable.assign(next);
    next.dispose();
    expect(await variable.data()).toEqual(Float32Array.of(2));
    variable.dispose();
  });
});

test.each(['float32', 'int32', 'bool'] as const)('one-hot as %s', (dtype) =>
  expectParity(() =>
    tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 4, dtype === 'bool' ? 1 : 3, dtype === 'bool' ? 0 : -1, dtype),
  ),
);

test('a tensor that another backend holds is moved before the heap is looked at', async () => {
  await tf.setBackend('cpu');
  const floats = 16 * 2 ** 20;
  const [a, b] = [1, 2].map((value) => tf.fill([floats], value) as tf.Tensor1D) as [tf.Tensor1D, tf.Tensor1D];
  await tf.setBackend('wasm');
  const [slice, pad] = [tf.slice(a, [5], [3]), tf.pad(b, [[1, 0]])];
  expect([...(await slice.data())]).toEqual([1, 1, 1]);
  expect([...(await pad.data()).subarray(0, 3)]).toEqual([0, 2, 2]);
  tf.dispose([a, b, slice, pad]);
});
