/** Steps of the digit networks on WebGPU, held to the same steps on cpu. */
import core, {
  describeWeights,
  sgdRate,
  softmaxCrossEntropy,
  updateSgd,
  variableGradients,
} from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models, { disposeModel } from '@neusim/models';
import { createRegistry } from '@neusim/registry';
import { relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { dispatched, random, startBoth } from '../test/kernel-parity';

beforeAll(startBoth);

const registry = createRegistry(core, hypernet, masks, models);

/** Weights after some steps, the losses, and the programs that ran. */
async function train(backend: 'cpu' | 'webgpu', name: 'cnn-digits' | 'nsn-digits') {
  await tf.setBackend(backend);
  const model = (
    name === 'cnn-digits'
      ? registry.make('model', name, { width: 4 })
      : registry.make('model', name, { width: 4 })
  ).build();
  const weights = describeWeights(model);
  const trained = weights.filter(({ trainable }) => trainable);
  const variables = trained.map(({ variable }) => variable.read() as tf.Variable);
  for (const [i, { name, variable }] of trained.entries()) {
    const start = random(variable.shape as number[], i + 1);
    variable.write(name.endsWith('gamma') ? tf.onesLike(start) : tf.mul(start, 0.3));
  }
  const images = random([2, 28, 28, 1], 99);
  const labels = tf.cast(tf.oneHot(tf.tensor1d([0, 7], 'int32'), 10), 'float32') as tf.Tensor2D;
  const losses: number[] = [];
  let names: string[] = [];
  for (let step = 0; step < 2; step++) {
    const run = () =>
      tf.tidy(() => {
        const { value, grads } = variableGradients(
          () => softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor2D),
          variables,
        );
        const rate = tf.tensor1d(sgdRate(0.05));
        const rule = { rateScale: 1, momentum: 0.9, nesterov: true, l2: 1e-4 };
        for (const variable of variables) {
          const grad = grads[variable.name] as tf.Tensor;
          variable.assign(updateSgd(variable, grad, tf.zerosLike(variable), rate, rule).param as never);
        }
        return value;
      });
    let loss: tf.Tensor | undefined;
    const once = () => {
      loss = run();
    };
    if (backend === 'webgpu') names = dispatched(once);
    else once();
    losses.push((await (loss as unknown as tf.Tensor).data())[0] as number);
  }
  const after = await Promise.all(
    weights.map(async ({ name, variable }) => [name, await variable.read().data()] as const),
  );
  const logits = await tf.tidy(() => model.apply(images) as tf.Tensor).data();
  disposeModel(model);
  return { losses, after, logits, names };
}

test.each(['cnn-digits', 'nsn-digits'] as const)('%s: two steps, and the logits then', async (name) => {
  const expected = await train('cpu', name);
  const actual = await train('webgpu', name);
  expect(relativeError(actual.losses, expected.losses)).toBeLessThan(2e-5);
  expect(relativeError(actual.logits, expected.logits)).toBeLessThan(2e-5);
  for (const [i, [weight, values]] of actual.after.entries())
    expect(relativeError(values, expected.after[i]![1]), weight).toBeLessThan(1e-4);
  expect(actual.names).toEqual(
    expect.arrayContaining(['NeusimSoftmaxCrossEntropy', 'NeusimSoftmaxCrossEntropyGrad', 'NeusimUpdateSgd']),
  );
});
