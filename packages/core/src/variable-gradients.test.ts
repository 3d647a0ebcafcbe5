import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import core, {
  BatchNorm,
  neuralSimilarity,
  softmaxCrossEntropy,
  startBackend,
  tensorGradients,
  variableGradients,
} from './index';

beforeAll(() => startBackend(createRegistry(core), 'cpu'));

/** Passes dy on as the very tensor it was given. */
const passed = tf.customGrad((x, save) => {
  (save as tf.GradSaveFunc)([x as tf.Tensor]);
  return { value: tf.mul(x as tf.Tensor, 1), gradFunc: (dy: tf.Tensor) => dy };
});

test('what tf.variableGrads gives, with branches, shared inputs and gradients passed on as they are', async () => {
  const a = tf.variable(tf.tensor1d([0.5, -1, 2]));
  const b = tf.variable(tf.tensor1d([1, 3, -2]));
  const unread = tf.variable(tf.scalar(1));
  const f = () => {
    const hidden = passed(tf.add(passed(a), b));
    const branch = tf.relu(tf.mul(hidden, a));
    return tf.sum(tf.add(tf.add(branch, tf.tanh(hidden)), tf.add(hidden, hidden))) as tf.Scalar;
  };
  const before = tf.memory().numTensors;
  const expected = tf.variableGrads(f, [a, b, unread]);
  const got = variableGradients(f, [a, b, unread]);
  expect(Object.keys(got.grads)).toEqual(Object.keys(expected.grads));
  expect(await got.value.data()).toEqual(await expected.value.data());
  for (const name of Object.keys(expected.grads))
    expect(await got.grads[name]?.data()).toEqual(await expected.grads[name]?.data());
  const { value, grads } = tensorGradients(f, [a, b, unread]);
  expect(await value.data()).toEqual(await expected.value.data());
  expect(grads[2]).toBeNull();
  for (const [i, each] of [a, b].entries())
    expect(await grads[i]?.data()).toEqual(await expected.grads[each.name]?.data());
  tf.dispose([got, expected, value, grads] as unknown as tf.TensorContainer);
  expect(tf.memory().numTensors).toBe(before);
});

test('a network with batch norm: the same gradients, with less alive on the way', async () => {
  const image = tfl.input({ shape: [6, 6, 2] });
  let x = image;
  for (let i = 0; i < 12; i++) {
    const y = neuralSimilarity(x, { filters: 4, kernelSize: 3, padding: 'same', useBias: false });
    x = tfl.layers.reLU().apply(new BatchNorm().apply(y)) as tfl.SymbolicTensor;
  }
  const model = tfl.model({
    inputs: image,
    outputs: tfl.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x) as tfl.SymbolicTensor,
  });
  const images = tf.randomNormal([5, 6, 6, 2], 0, 1, 'float32', 7);
  const labels = tf.cast(tf.oneHot([0, 1, 2, 3, 0], 4), 'float32') as tf.Tensor2D;
  const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
  const f = () => softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor2D);
  const peak = async (run: () => { grads: tf.NamedTensorMap; value: tf.Scalar }) => {
    const { peakBytes, result } = await tf.profile(() => run().grads);
    return { peakBytes, grads: result as unknown as tf.NamedTensorMap };
  };
  const expected = await peak(() => tf.variableGrads(f, variables));
  const got = await peak(() => variableGradients(f, variables));
  for (const name of Object.keys(expected.grads))
    expect(await got.grads[name]?.data()).toEqual(await expected.grads[name]?.data());
  expect(got.peakBytes).toBeLessThan(0.85 * expected.peakBytes);
});
