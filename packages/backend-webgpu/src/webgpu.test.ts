import { RELU_GRAD, reluGrad } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onWebgpu, restart } from '../../../tools/engines';
import { dispatchedKernels } from './test/dispatched';

onWebgpu('the engine', () => {
  test('kernels of its own run in place of composed ones', async () => {
    const [dy, x] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([-1, 0, 2])];
    let dx: tf.Tensor | undefined;
    const kernels = dispatchedKernels(() => {
      dx = reluGrad(dy, x);
    });
    expect(kernels).toEqual([RELU_GRAD]);
    expect([...(await dx!.data())]).toEqual([0, 0, 3]);
  });

  test('a shader that does not compile is told by the next read', async () => {
    const widths: [number, number][] = [0, 1, 0, 0, 0].map((width) => [width, width]);
    const padded = tf.pad(tf.ones([2, 2, 2, 2, 2]), widths);
    await expect(padded.data()).rejects.toMatchObject({ code: expect.stringMatching(/^GPU_/) });
    await restart();
  });
});
