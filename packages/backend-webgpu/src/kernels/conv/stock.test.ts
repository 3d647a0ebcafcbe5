import { CONV2D, CONV2D_BACKPROP_FILTER, CONV2D_BACKPROP_INPUT } from '@neusim/core';
import {
  type ConvolutionCase,
  checkGradients,
  convolutionForward,
  ndArray,
  type Padding,
  randomUniform,
  relativeError,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dispatchesOf, held, random, start } from './start.fixture';

beforeAll(start);

type T4 = tf.Tensor4D;
type Four = readonly [number, number, number, number];

/** tfjs's padding from ours. */
const padOf = (pad: Padding) =>
  typeof pad === 'string'
    ? pad
    : ([[0, 0], [...pad[0]], [...pad[1]], [0, 0]] as tf.backend_util.ExplicitPadding);

const pads: readonly Padding[] = [
  'same',
  'valid',
  [
    [1, 0],
    [2, 1],
  ],
];

describe('tf.conv2d and its gradients', () => {
  const cases = (
    [
      [
        [2, 7, 6, 3],
        [3, 2, 3, 4],
      ],
      [
        [1, 5, 5, 1],
        [1, 1, 1, 1],
      ],
      [
        [3, 6, 8, 4],
        [4, 3, 4, 8],
      ],
      [
        [0, 6, 8, 2],
        [3, 3, 2, 5],
      ],
    ] as [Four, Four][]
  ).flatMap(([x, w]) =>
    (
      [
        [1, 1],
        [2, 1],
        [2, 3],
      ] as const
    ).flatMap((strides) =>
      pads.map((pad): ConvolutionCase => {
        const name = `x ${x}, w ${w}, strides ${strides}, pad ${pad}`;
        return { name, x, w, m: null, options: { strides, dilations: [1, 1], pad } };
      }),
    ),
  );
  test.each(cases)('$name', async (each) => {
    const { strides, pad } = each.options;
    const conv = (x: T4, w: T4) => tf.conv2d(x, w, [...strides], padOf(pad));
    await checkGradients(conv as never, each, { order: 1 });
  });

  test('dilations (2,1), forward', async () => {
    const [x, w] = [randomUniform([2, 7, 6, 3], 1), randomUniform([3, 2, 3, 4], 2)];
    const expected = convolutionForward(
      { x, w, m: null },
      { strides: [1, 1], dilations: [2, 1], pad: 'same' },
    );
    const y = tf.conv2d(
      random<tf.Rank.R4>(x.shape, 1),
      random<tf.Rank.R4>(w.shape, 2),
      1,
      'same',
      'NHWC',
      [2, 1],
    );
    expect(relativeError(await y.data(), expected.data)).toBeLessThan(2e-5);
  });

  test('each is one dispatch of ours', () => {
    const [x, w] = [random<tf.Rank.R4>([2, 5, 4, 3]), random<tf.Rank.R4>([3, 3, 3, 4])];
    const grads = () =>
      tf.grads((x, w) => tf.conv2d(x as T4, w as T4, 1, 'same'))([x, w], random([2, 5, 4, 4]));
    expect(dispatchesOf(grads).sort()).toEqual([CONV2D, CONV2D_BACKPROP_FILTER, CONV2D_BACKPROP_INPUT]);
  });
});

describe('tf.fused.conv2d', () => {
  test.each([
    [3, 'linear', true],
    [4, 'relu', true],
    [5, 'relu', true],
    [3, 'relu', false],
  ] as const)('%i filters, %s, bias: %s', async (filters, activation, hasBias) => {
    const [x, w] = [randomUniform([2, 5, 4, 3], 1), randomUniform([3, 2, 3, filters], 2)];
    const b = hasBias ? randomUniform([filters], 3) : ndArray([filters]);
    const y = convolutionForward({ x, w, m: null }, { strides: [2, 1], dilations: [1, 1], pad: 'same' });
    const expected = y.data.map((value, i) => {
      const sum = value + (b.data[i % filters] as number);
      return activation === 'relu' ? Math.max(0, sum) : sum;
    });
    const [tx, tw, tb] = [
      random<tf.Rank.R4>(x.shape, 1),
      random<tf.Rank.R4>(w.shape, 2),
      random([filters], 3),
    ];
    const run = () =>
      tf.fused.conv2d({
        x: tx,
        filter: tw,
        strides: [2, 1],
        pad: 'same',
        activation,
        ...(hasBias && { bias: tb }),
      });
    expect(relativeError(await run().data(), expected)).toBeLessThan(2e-5);
    expect(dispatchesOf(run)).toEqual([CONV2D]);
  });

  test('a ReLU passes NaN on', async () => {
    const x = tf.tensor4d([Number.NaN, -1], [1, 1, 2, 1]);
    const y = tf.fused.conv2d({
      x,
      filter: tf.ones([1, 1, 1, 1]),
      strides: 1,
      pad: 'same',
      activation: 'relu',
    });
    expect([...(await y.data())]).toEqual([Number.NaN, 0]);
  });

  test('other activations, and channels first, stay with tfjs', async () => {
    const [x, w] = [random<tf.Rank.R4>([1, 4, 4, 3]), random<tf.Rank.R4>([1, 1, 3, 2])];
    const other = () => tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', activation: 'sigmoid' });
    expect(dispatchesOf(other)).not.toContain(CONV2D);
    const first = () => tf.conv2d(random<tf.Rank.R4>([1, 3, 4, 4]), w, 1, 'same', 'NCHW');
    expect(dispatchesOf(first)).not.toContain(CONV2D);
  });
});

test('empty batches: results of the right shapes, gradients of 0, nothing left', async () => {
  const before = await held();
  const [x, w] = [random<tf.Rank.R4>([0, 5, 4, 3]), random<tf.Rank.R4>([3, 3, 3, 2])];
  const f = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as T4, w as T4, 1, 'same');
  const y = f(x, w);
  const [dx, dw] = tf.tidy(() => tf.grads(f)([x, w], tf.zeros([0, 5, 4, 2]))) as [tf.Tensor, tf.Tensor];
  expect([y.shape, dx.shape, dw.shape]).toEqual([
    [0, 5, 4, 2],
    [0, 5, 4, 3],
    [3, 3, 3, 2],
  ]);
  expect([await y.data(), await dx.data()].map(({ length }) => length)).toEqual([0, 0]);
  expect([...(await dw.data())].every((value) => value === 0)).toBe(true);
  tf.dispose([x, w, y, dx, dw]);
  expect((await held()).slice(0, 2)).toEqual(before.slice(0, 2));
});
