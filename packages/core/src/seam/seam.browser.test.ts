/** The seam in a page: every form of m, batch norm's gradients and pooling's, against the loops in float64. */
import {
  batchNormForward,
  batchNormGradients,
  checkGradients,
  convolutionCases,
  maxPoolForward,
  maxPoolGradient,
  ndArray,
  randomUniform,
  relativeError,
  tolerance,
  toTensor,
} from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onEachEngine } from '../../../../tools/engines';
import { batchNormTraining } from './batch-norm';
import { similarityConv2d } from './similarity-conv2d';

const { forward, gradient } = tolerance('webgpu');

/** All forms of one geometry: uneven strides, an even kernel side. */
const cases = convolutionCases.filter(({ name }) =>
  name.startsWith('x 2x7x6x3, w 3x2x3x4, stride 2x1, dilation 1, pad same'),
);

onEachEngine('the seam in a page', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (_, testCase) => {
    await checkGradients(similarityConv2d as never, testCase);
  });

  test('batch norm of [4,3,5]', async () => {
    const [x, dy] = [randomUniform([4, 3, 5], 1), randomUniform([4, 3, 5], 2)];
    const [gamma, beta] = [ndArray([5], [1, 2, -1, 0.5, 3]), ndArray([5], [0, 1, 2, -1, 0.1])];
    const f = (...[x, gamma, beta]: tf.Tensor[]) =>
      batchNormTraining(x as tf.Tensor, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3).y;
    const inputs = [x, gamma, beta].map((array) => toTensor(array));
    const { y } = batchNormForward(x, gamma, beta, 1e-3);
    expect(relativeError(await f(...inputs).data(), y.data)).toBeLessThan(forward);
    const exact = batchNormGradients(x, gamma, 1e-3, dy);
    const found = tf.grads(f)(inputs, toTensor(dy));
    for (const [i, name] of (['dx', 'dgamma', 'dbeta'] as const).entries())
      expect(relativeError(await found[i]!.data(), exact[name].data), name).toBeLessThan(gradient);
  });

  test('max pooling, window 3x2, strides 2x1', async () => {
    const options = { window: [3, 2], strides: [2, 1], pad: 'same' } as const;
    const x = randomUniform([2, 6, 5, 3], 1);
    const dy = randomUniform(maxPoolForward(x, options).shape, 2);
    const pool = (t: tf.Tensor) => tf.maxPool(t as tf.Tensor4D, [3, 2], [2, 1], 'same');
    const input = toTensor(x);
    expect(relativeError(await pool(input).data(), maxPoolForward(x, options).data)).toBeLessThan(forward);
    const dx = tf.grad(pool)(input, toTensor(dy));
    expect(relativeError(await dx.data(), maxPoolGradient(x, dy, options).data)).toBeLessThan(gradient);
  });
});
