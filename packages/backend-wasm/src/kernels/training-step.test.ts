/** A training step of a network of neural similarities runs on this package's kernels, and on no composition. */
import core, { sgdRate, softmaxCrossEntropy, startBackend, updateSgd, variableGradients } from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models, { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import wasm from '../index';
import { random } from '../test/parity';

const registry = createRegistry(core, hypernet, masks, models, wasm);

beforeAll(async () => {
  await startBackend(registry, 'wasm');
});

/** What only compositions of convolutions, batch norm, pooling gradients and updates run. */
const telltales = [
  'PadV2',
  'Transpose',
  'Slice',
  'StridedSlice',
  'Conv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNative',
  'MaxPoolGrad',
  'AvgPoolGrad',
  'SquaredDifference',
  'Step',
];

const labels = () => tf.cast(tf.oneHot([0, 1], 10), 'float32') as tf.Tensor2D;

/** Names of the kernels that a training step runs. */
async function profile(model: LayersModel): Promise<Set<string>> {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const [images, targets] = [random([2, 32, 32, 3]), labels()];
  const { kernels } = await tf.profile(() =>
    tf.tidy(() => {
      const { grads } = variableGradients(
        () => softmaxCrossEntropy(targets, model.apply(images, { training: true }) as tf.Tensor2D),
        variables,
      );
      const rate = tf.tensor1d(sgdRate(0.1));
      for (const variable of variables) {
        const attrs = { rateScale: 1, momentum: 0.9, nesterov: true, l2: 1e-4 };
        const grad = grads[variable.name] as tf.Tensor;
        variable.assign(updateSgd(variable, grad, tf.zerosLike(variable), rate, attrs).param as never);
      }
    }),
  );
  return new Set(kernels.map(({ name }) => name));
}

/** Folding a static M into the kernel turns it, once a layer: K×K values. */
const variants = [
  ['static-dns', []],
  ['static-uns', ['Transpose']],
  ['dynamic-dns', []],
  ['dynamic-uns', []],
] as const;

test.each(variants)('nsn-cifar, %s', async (similarity, folding) => {
  const isDynamic = similarity.startsWith('dynamic');
  const predictor = isDynamic ? { predictor: 'sphere' } : {};
  const model = registry.make('model', 'nsn-cifar', { similarity, ...predictor, width: 4 }).build();
  const names = await profile(model);
  disposeModel(model);
  expect(telltales.filter((name) => names.has(name))).toEqual(folding);
  expect([...names]).toEqual(
    expect.arrayContaining([
      'NeusimConv2D',
      'NeusimConv2DBackpropFilter',
      'NeusimBatchNormTraining',
      'NeusimBatchNormTrainingGrad',
      'NeusimReluGrad',
      'NeusimUpdateSgd',
      ...(isDynamic ? ['NeusimSimilarityConv2D', 'NeusimSimilarityConv2DBackprop'] : []),
    ]),
  );
});
