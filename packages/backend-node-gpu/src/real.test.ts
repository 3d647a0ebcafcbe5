/** The real tfjs-node, where it is installed: the seam, a network and its training held to the oracles. */
import core, { BatchNorm, loadModel, neuralSimilarity, similarityConv2d, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { type ConvolutionCase, checkGradients, checkLayer, randomUniform, toTensor } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, test } from 'vitest';
import { thisMachine } from './host';
import plugin, { node } from './index';
import { install } from './kernels';
import type { NativeTensorflow } from './tensorflow';
import { seamSuite } from './test/seam-suite';

const registry = createRegistry(core, plugin);
const installed = thisMachine.resolve('@tensorflow/tfjs-node') !== null;

describe.skipIf(!installed)('on tfjs-node', () => {
  seamSuite(async () => {
    await startBackend(registry, 'cpu');
    return (await startBackend(registry, 'node')).name;
  });

  beforeEach(() => tf.setBackend('node'));

  test('the probe says what runs', async () => {
    expect(await node.probe()).toMatchObject({
      available: true,
      adapter: expect.stringMatching(/^libtensorflow 2\./),
    });
    expect(tf.getBackend()).toBe('node');
  });

  test.each([[[1, 250, 300, 25]], [[1, 250, 1, 25]], [[1, 1, 300, 25, 25]]])(
    'runs of rows of one image, m %j',
    async (m) => {
      const options = { strides: [2, 1], pad: 'same', dilations: [1, 2] } as const;
      const testCase: ConvolutionCase = { name: 'large', x: [1, 500, 300, 6], w: [5, 5, 6, 1], m, options };
      await checkGradients(similarityConv2d as never, testCase, { order: 1 });
    },
  );

  test.each([registry.make('similarity', 'inner-product'), registry.make('similarity', 'static-uns')])(
    'the layer with $name',
    async (similarity) => {
      const layer = (x: tfl.SymbolicTensor, options: object) =>
        neuralSimilarity(x, { filters: 2, kernelSize: 3, ...options, similarity });
      await checkLayer({ layer, inputShape: [5, 4, 2], load: (saved) => loadModel(registry, saved) });
    },
  );

  test('a training step leaves nothing behind', async () => {
    const layer = new BatchNorm();
    const x = toTensor(randomUniform([8, 6, 6, 3], 1));
    const run = () =>
      tf.tidy(() => {
        const w = toTensor<tf.Rank.R4>(randomUniform([3, 3, 3, 4], 2));
        const m = toTensor(randomUniform([8, 6, 6, 9], 3));
        const loss = (a: tf.Tensor, b: tf.Tensor) => {
          const y = similarityConv2d(a as tf.Tensor4D, b as tf.Tensor4D, m, { pad: 'same' });
          return tf.mean(tf.square(layer.apply(y, { training: true }) as tf.Tensor));
        };
        return tf
          .grads(loss)([x, w])
          .map((gradient) => tf.norm(gradient).dataSync()[0]);
      });
    const first = run();
    const before = [tf.memory().numTensors, tf.engine().backend.numDataIds()];
    for (let step = 0; step < 3; step++) expect(run()).toEqual(first);
    expect([tf.memory().numTensors, tf.engine().backend.numDataIds()]).toEqual(before);
  });

  describe('the kernels of the GPU, on the CPU', () => {
    seamSuite(async () => {
      await startBackend(registry, 'cpu');
      await startBackend(registry, 'node');
      const native = Object.create(tf.backend(), { isUsingGpuDevice: { value: true } }) as NativeTensorflow;
      tf.registerBackend('like-gpu', () => native);
      tf.copyRegisteredKernels('tensorflow', 'like-gpu');
      install('like-gpu', native);
      return 'like-gpu';
    });
  });
});
