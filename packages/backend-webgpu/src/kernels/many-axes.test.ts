/** Every rank that tfjs has, and every type, through the kernels that fail for some of them in stock tfjs-webgpu. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

const shapes: readonly number[][] = [
  [7],
  [3, 5],
  [2, 3, 5],
  [2, 3, 1, 5],
  [2, 3, 2, 3, 5],
  [2, 1, 3, 2, 3, 5],
];

const made = {
  float32: (shape: readonly number[], seed = 1) => random(shape, seed),
  int32: (shape: readonly number[], seed = 1) => tf.cast(tf.mul(random(shape, seed), 10), 'int32'),
  bool: (shape: readonly number[], seed = 1) => tf.greater(random(shape, seed), 0),
} as const;

describe.each(shapes.map((shape) => ({ shape })))('rank of $shape', ({ shape }) => {
  const rank = shape.length;
  const axes = [...shape.keys()];
  const even = axes.filter((axis) => axis % 2 === 0);
  /** Every other axis broadcast, from the first or the second on. */
  const sparse = (from: 0 | 1) => shape.map((size, axis) => (axis % 2 === from ? size : 1));

  describe.each(['float32', 'int32', 'bool'] as const)('%s', (dtype) => {
    const make = made[dtype];
    const x = () => make(shape);

    test('moved', async () => {
      await expectParity(() => [
        tf.transpose(x()),
        tf.transpose(x(), [...axes.slice(1), 0]),
        tf.reverse(x(), even),
        tf.tile(
          x(),
          shape.map((_, axis) => 1 + (axis % 3)),
        ),
        tf.broadcastTo(make(sparse(1)), shape as never),
        tf.concat([x(), make(shape, 2)], 0),
        tf.concat([x(), make(shape, 2)], rank - 1),
        tf.stack(
          [x(), make(shape, 2)].slice(0, rank < 6 ? 2 : 1).map((t) => (rank < 6 ? t : tf.squeeze(t, [1]))),
        ),
        ...tf.unstack(x()),
        tf.gather(x(), tf.tensor1d([0, 2, 1], 'int32'), rank - 1),
      ]);
    });

    test('cut and padded', async () => {
      await expectParity(() => [
        tf.pad(
          x(),
          shape.map((_, axis) => [axis % 2, (axis + 1) % 3]) as never,
          dtype === 'float32' ? 0.5 : 0,
        ),
        tf.slice(
          x(),
          shape.map((size) => (size > 1 ? 1 : 0)),
          shape.map((size) => Math.max(1, size - 2)),
        ),
        tf.stridedSlice(
          x(),
          axes.map(() => 0),
          [...shape],
          axes.map(() => 2),
        ),
        ...tf.split(x(), shape[0] as number, 0),
      ]);
    });

    test('broadcast', async () => {
      await expectParity(() => {
        const others = [
          make([1]),
          make([shape.at(-1) as number]),
          make(sparse(0)),
          make(sparse(1)),
          make(shape, 2),
        ];
        const ops = [tf.maximum, tf.greater, tf.equal, ...(dtype === 'bool' ? [] : [tf.add, tf.sub, tf.mul])];
        return [
          ...ops.flatMap((op) => others.flatMap((other) => [op(x(), other), op(other, x())])),
          tf.sub(tf.cast(make(sparse(0)), 'float32'), tf.cast(make(sparse(1), 2), 'float32')),
          tf.where(made.bool(shape, 4), x(), make(shape, 2)),
        ];
      });
    });

    test('reduced', async () => {
      await expectParity(() => [
        ...(dtype === 'bool' ? [] : [tf.max, tf.min]).flatMap((op) => [
          op(x()),
          op(x(), 0),
          op(x(), even, true),
          op(x(), rank - 1),
        ]),
        ...(dtype === 'bool' ? [tf.any, tf.all] : []).flatMap((op) => [op(x(), 0), op(x(), even, true)]),
        ...[0, rank - 1].flatMap((axis) => [tf.argMax(x(), axis), tf.argMin(x(), axis)]),
        tf.prod(x(), 0),
        ...(dtype === 'bool' ? [] : [tf.cumsum(x(), 0), tf.cumsum(x(), rank - 1, true)]),
      ]);
    });
  });
});

test('MirrorPad of rank 5 is refused', () => {
  const pads = [1, 1, 1, 1, 1].map(() => [0, 0]) as [number, number][];
  expect(() => tf.mirrorPad(random([2, 2, 2, 2, 2]), pads, 'reflect')).toThrowError(
    expect.objectContaining({ code: 'GPU_RANK' }),
  );
});

test('empty tensors', async () => {
  const none = () => tf.zeros([0, 3]);
  await expectParity(() => [
    tf.concat([none(), random([2, 3])], 0),
    tf.concat([none(), none()], 0),
    tf.transpose(none()),
    tf.pad(none(), [
      [1, 1],
      [0, 0],
    ]),
    tf.tile(none(), [1, 2]),
    tf.max(none(), 1),
    tf.add(none(), random([3])),
    tf.relu(none()),
    tf.softmax(none()),
    tf.where(tf.greater(none(), 0), none(), none()),
  ]);
  expect([...(await tf.max(none(), 0).data())]).toEqual(Array(3).fill(Number.NEGATIVE_INFINITY));
  await expectParity(() => tf.any(tf.cast(none(), 'bool')));
  // tfjs's cpu has it otherwise.
  expect([...(await tf.all(tf.cast(none(), 'bool')).data())]).toEqual([1]);
});

test('20 tensors, more than a program may bind', async () => {
  const many = () => Array.from({ length: 20 }, (_, i) => random([3, 5], i));
  await expectParity(() => [tf.addN(many()), tf.concat(many(), 1), tf.stack(many(), 1)]);
});

test('oneHot', async () => {
  for (const dtype of ['int32', 'float32'] as const)
    await expectParity(() => [
      tf.oneHot(tf.tensor1d([0, 3, -1, 5, 2], 'int32'), 4, 2, -1, dtype),
      tf.oneHot(tf.tensor2d([[0, 3, 1]], undefined, 'int32'), 4, 1, 0, dtype),
      tf.oneHot(tf.zeros([0], 'int32'), 4),
    ]);
});

describe('matrix products', () => {
  test.each([
    { a: [0, 3], b: [3, 4] },
    { a: [2, 0], b: [0, 4] },
    { a: [0, 3], b: [0, 4], transposeA: true },
    { a: [0, 2, 3], b: [0, 3, 4] },
    { a: [2, 3, 4, 5], b: [2, 3, 5, 6] },
    { a: [3, 4, 5], b: [1, 5, 6] },
    { a: [20, 2500], b: [2500, 31] },
  ])('$a by $b', async ({ a, b, transposeA = false }) => {
    await expectParity(() => tf.matMul(random(a), random(b, 2), transposeA), 2e-6);
  });

  test('[3,1,4,5] by [2,5,6]: as each of its products', async () => {
    const [a, b] = [random([3, 1, 4, 5]), random([2, 5, 6], 2)];
    const all = await tf.matMul(a, b).data();
    const left = tf.reshape(tf.slice(a, [2, 0, 0, 0], [1, 1, 4, 5]), [4, 5]);
    const right = tf.reshape(tf.slice(b, [1, 0, 0], [1, 5, 6]), [5, 6]);
    const one = tf.matMul(left, right);
    const wanted = await one.data();
    expect(all).toHaveLength(6 * 24);
    for (const [i, value] of wanted.entries()) expect(all[5 * 24 + i]).toBeCloseTo(value, 5);
  });

  test('fused, of nothing: bias and activation', async () => {
    const bias = () => tf.tensor1d([-1, 2, 3, -4]);
    await expectParity(() =>
      tf.fused.matMul({ a: tf.zeros([2, 0]), b: tf.zeros([0, 4]), bias: bias(), activation: 'relu' }),
    );
  });
});
