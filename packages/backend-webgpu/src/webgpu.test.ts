import core, { reluGrad, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import webgpu from './node';

it('starts', async () => {
  const started = await startBackend(createRegistry(core, webgpu), 'webgpu');
  console.log(started);
  const dx = reluGrad(tf.tensor1d([1, 2, 3]), tf.tensor1d([-1, 0, 2]));
  expect([...(await dx.data())]).toEqual([0, 0, 3]);
  // Of stock kernels, one that does not compile at rank 5.
  const p = tf.prelu(tf.ones([2, 2, 2, 2, 2]), tf.ones([2]));
  // The pipeline's own error may come after that of its use.
  await expect(p.data()).rejects.toMatchObject({ code: expect.stringMatching(/^GPU_(SHADER|ERROR)$/) });
});
