import { fromTensor, ndArray, randomUniform, relativeError, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { dispatched, expectParity, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

type Four = [number, number, number, number];
const cases: {
  x: Four;
  w: Four;
  strides: [number, number];
  dilations: [number, number];
  pad: 'same' | 'valid';
}[] = [
  { x: [2, 6, 5, 3], w: [3, 3, 3, 1], strides: [1, 1], dilations: [1, 1], pad: 'same' },
  { x: [2, 6, 5, 8], w: [3, 3, 8, 1], strides: [1, 1], dilations: [2, 2], pad: 'same' },
  { x: [1, 7, 6, 3], w: [3, 2, 3, 2], strides: [2, 1], dilations: [1, 1], pad: 'same' },
  { x: [3, 9, 8, 5], w: [2, 3, 5, 3], strides: [1, 1], dilations: [1, 2], pad: 'valid' },
  { x: [3, 40, 33, 4], w: [5, 5, 4, 1], strides: [2, 2], dilations: [1, 1], pad: 'same' },
];

test.each(cases)(
  'x $x, w $w, strides $strides, dilations $dilations, $pad',
  async ({ x, w, strides, dilations, pad }) => {
    const op = (a: tf.Tensor, b: tf.Tensor) =>
      tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad, 'NHWC', dilations);
    const [xs, ws] = [randomUniform(x, 1), randomUniform(w, 2)];
    const inputs = [toTensor(xs), toTensor(ws)];
    const y = await fromTensor(op(inputs[0]!, inputs[1]!));
    const dy = randomUniform(y.shape, 3);
    const before = tf.memory().numTensors;
    let grads: tf.Tensor[] = [];
    const tdy = toTensor(dy);
    const ran = dispatched(() => {
      const attrs = { strides, pad, dilations, dimRoundingMode: undefined };
      const [tx, tw] = inputs as [tf.Tensor, tf.Tensor];
      const run = (name: string, named: tf.NamedTensorMap, shape: object) =>
        tf.engine().runKernel(name, named, { ...attrs, ...shape } as never) as tf.Tensor;
      // tfjs's own gradient refuses dilations before it comes to the kernels.
      grads = [
        run(tf.DepthwiseConv2dNativeBackpropInput, { dy: tdy, filter: tw }, { inputShape: x }),
        run(tf.DepthwiseConv2dNativeBackpropFilter, { x: tx, dy: tdy }, { filterShape: w }),
      ];
    });
    expect(tf.memory().numTensors - before).toBe(3);
    expect(ran).toContain(tf.DepthwiseConv2dNativeBackpropFilter);
    const exact = exactly(xs, ws, dy, strides, dilations, pad);
    expect(relativeError(y.data, exact.y.data)).toBeLessThan(2e-6);
    expect(relativeError(await grads[0]!.data(), exact.dx.data)).toBeLessThan(2e-6);
    expect(relativeError(await grads[1]!.data(), exact.dw.data)).toBeLessThan(2e-6);
  },
);

type Array4 = ReturnType<typeof ndArray>;

function exactly(x: Array4, w: Array4, dy: Array4, strides: Pair, dilations: Pair, pad: 'same' | 'valid') {
  const [, height, width, channels] = x.shape as Four;
  const [kernelHeight, kernelWidth, , multiplier] = w.shape as Four;
  const [batch, outHeight, outWidth, filters] = dy.shape as Four;
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    x.shape as Four,
    w.shape as Four,
    strides,
    dilations,
    pad,
    undefined,
    true,
  );
  const [y, dx, dw] = [dy, x, w].map(({ shape }) => ndArray(shape)) as [Array4, Array4, Array4];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let p = 0; p < kernelHeight; p++)
          for (let q = 0; q < kernelWidth; q++) {
            const row = i * strides[0] + p * dilations[0] - padInfo.top;
            const column = j * strides[1] + q * dilations[1] - padInfo.left;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let f = 0; f < filters; f++) {
              const c = Math.floor(f / multiplier);
              const xAt = ((b * height + row) * width + column) * channels + c;
              const wAt = (p * kernelWidth + q) * filters + f;
              const yAt = ((b * outHeight + i) * outWidth + j) * filters + f;
              const grad = dy.data[yAt]!;
              y.data[yAt]! += x.data[xAt]! * w.data[wAt]!;
              dx.data[xAt]! += w.data[wAt]! * grad;
              dw.data[wAt]! += x.data[xAt]! * grad;
            }
          }
  return { y, dx, dw };
}

type Pair = [number, number];

test('no image', async () => {
  const op = (a: tf.Tensor, b: tf.Tensor) =>
    tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same');
  await expectParity(() =>
    tf.grads(op)([tf.zeros([0, 4, 4, 2]), random([3, 3, 2, 1])], tf.zeros([0, 4, 4, 2])),
  );
});
