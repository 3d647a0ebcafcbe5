import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectParity, random, startBoth } from '../test/parity';

beforeAll(startBoth);

type Four = [number, number, number, number];
type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

const explicit: Pad = [
  [0, 0],
  [1, 0],
  [2, 1],
  [0, 0],
];
const windows: [Four, Four][] = [
  [
    [2, 7, 6, 3],
    [3, 2, 3, 4],
  ],
  [
    [1, 5, 5, 1],
    [1, 1, 1, 1],
  ],
  [
    [3, 6, 8, 2],
    [4, 3, 2, 5],
  ],
];
const cases: [Four, Four, [number, number], Pad][] = [
  ...windows.flatMap(([x, w]) =>
    (
      [
        [1, 1],
        [2, 1],
        [2, 3],
      ] as [number, number][]
    ).flatMap((strides) =>
      (['same', 'valid', explicit] as Pad[]).map((pad) => [x, w, strides, pad] as (typeof cases)[0]),
    ),
  ),
  // With a number as padding tfjs takes every window for a square.
  [[2, 7, 6, 3], [3, 3, 3, 4], [1, 1], 1],
  [[2, 7, 6, 3], [3, 3, 3, 4], [2, 2], 2],
  [[33, 4, 3, 2], [3, 3, 2, 3], [1, 1], 'same'],
  [[2, 40, 60, 3], [5, 5, 3, 2], [1, 1], 'same'],
];

test.each(cases)('conv2d %j with %j, strides %j, pad %j', (x, w, strides, pad) =>
  expectParity(() => {
    const f = (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2d(
        x as tf.Tensor4D,
        w as tf.Tensor4D,
        strides,
        pad,
        'NHWC',
        1,
        typeof pad === 'number' ? 'floor' : undefined,
      );
    const [image, kernel] = [random(x, 1), random(w, 2)];
    return tf.grads(f)([image, kernel], random(f(image, kernel).shape, 3));
  }, 1e-5),
);

test.each(['Conv2DBackpropInput', 'Conv2DBackpropFilter'])(
  '%s: channels first, and an empty batch',
  async (kernel) => {
    const run = (batch: number, dataFormat: string) => {
      const shape = (height: number, width: number, channels: number) =>
        dataFormat === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
      const attrs = {
        strides: [2, 1],
        pad: 'same',
        dataFormat,
        filterShape: [3, 2, 3, 4],
        inputShape: shape(7, 6, 3),
      };
      const inputs = {
        x: random(shape(7, 6, 3), 1),
        filter: random([3, 2, 3, 4], 2),
        dy: random(shape(4, 6, 4), 3),
      };
      return tf.engine().runKernel(kernel, inputs as never, attrs as never) as tf.Tensor;
    };
    await expectParity(() => run(2, 'NHWC'), 1e-5);
    await expectParity(() => run(2, 'NCHW'), 1e-5);
    await expectParity(() => run(0, 'NHWC'));
  },
);

describe('depthwise', () => {
  for (const strides of [
    [1, 1],
    [2, 2],
  ] as [number, number][])
    for (const pad of ['same', 'valid'] as const)
      for (const multiplier of [1, 2])
        test(`strides ${strides}, pad ${pad}, multiplier ${multiplier}`, () =>
          expectParity(() => {
            const f = (x: tf.Tensor, w: tf.Tensor) =>
              tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad);
            const [x, w] = [random([3, 6, 5, 4], 1), random([3, 2, 4, multiplier], 2)];
            return tf.grads(f)([x, w], random(f(x, w).shape, 3));
          }, 1e-5));

  // tfjs-cpu's gradients take no notice of a dilation: held to being the transposes of the convolution.
  test('dilated', async () => {
    await tf.setBackend('wasm');
    const attrs = {
      strides: [1, 1],
      pad: 'same',
      dilations: [2, 1],
      filterShape: [3, 2, 4, 2],
      inputShape: [2, 6, 5, 4],
    };
    const x = random<tf.Rank.R4>([2, 6, 5, 4], 1);
    const filter = random<tf.Rank.R4>([3, 2, 4, 2], 2);
    const dy = random([2, 6, 5, 8], 3);
    const dot = async (a: tf.Tensor, b: tf.Tensor) => (await tf.sum(tf.mul(a, b)).data())[0];
    const run = (kernel: string) =>
      tf.engine().runKernel(kernel, { x, filter, dy }, attrs as never) as tf.Tensor;
    const expected = await dot(dy, tf.depthwiseConv2d(x, filter, 1, 'same', 'NHWC', [2, 1]));
    expect(await dot(x, run('DepthwiseConv2dNativeBackpropInput'))).toBeCloseTo(expected as number, 4);
    expect(await dot(filter, run('DepthwiseConv2dNativeBackpropFilter'))).toBeCloseTo(expected as number, 4);
  });
});
