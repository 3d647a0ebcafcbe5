/** Training steps of whole networks: their gradients against tfjs's backend `cpu`, and replayed against eager. */
import {
  captureStep,
  describeWeights,
  eagerStep,
  softmaxCrossEntropy,
  variableGradients,
} from '@neusim/core';
import { disposeModel } from '@neusim/models';
import { checkReport, checkRow, relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type Recordable, workload } from '../training-step';
import { cnnCifar, type Network, nsnCifar, nsnCifarUns } from '../webgpu/networks';
import type { Check } from './checks';

/**
 * Of the gradients of all weights together. Float32 through ten layers and their batch norms; a ReLU whose input lies
 * within rounding of zero may fall on either side.
 */
const WHOLE_NETWORK = 2e-4;
const STEPS = 12;

export function networkChecks(quick: boolean): readonly Check[] {
  const networks = quick ? [cnnCifar] : [cnnCifar, nsnCifar, nsnCifarUns];
  return networks.flatMap((network) => [
    { name: `network: gradients of ${network.name}`, run: () => checkNetwork(network) },
    { name: `network: replayed ${network.name}`, run: () => checkReplay(network) },
  ]);
}

async function checkNetwork(network: Network): Promise<void> {
  const backend = tf.getBackend();
  const actual = await gradientsOf(network);
  await tf.setBackend('cpu');
  const expected = await gradientsOf(network).finally(() => tf.setBackend(backend));
  checkReport(network.name, [checkRow('all gradients', relativeError(actual, expected), WHOLE_NETWORK)]);
}

async function gradientsOf({ build }: Network): Promise<Float32Array> {
  const model = build(true);
  const [height, width] = model.inputs.flatMap(({ shape }) => shape.slice(1)) as [number, number];
  const x = tf.randomNormal([3, height, width, 3], 0, 1, 'float32', 1);
  const labels = tf.cast(tf.oneHot(tf.tensor1d([1, 7, 4], 'int32'), 10), 'float32') as tf.Tensor2D;
  const variables = describeWeights(model)
    .filter(({ trainable }) => trainable)
    .map(({ variable }) => variable.read() as tf.Variable);
  const { grads } = tf.tidy(() =>
    variableGradients(
      () => softmaxCrossEntropy(labels, model.apply(x, { training: true }) as tf.Tensor2D),
      variables,
    ),
  );
  const values = await Promise.all(variables.map(({ name }) => (grads[name] as tf.Tensor).data()));
  tf.dispose([x, labels, grads]);
  disposeModel(model);
  return Float32Array.from(values.flatMap((each) => [...each]));
}

/** A replayed step gives the eager one's loss, bit for bit, with weights that change. */
async function checkReplay({ name, build }: Network): Promise<void> {
  const run = async (wrap: (r: Recordable) => ReturnType<typeof captureStep>) => {
    const net = workload(build(true), 2);
    const step = wrap(net.recordable);
    const losses: number[] = [];
    for (let i = 0; i < STEPS; i++) {
      const [loss] = await step.run(net.recordable.inputs);
      losses.push((await loss?.data())?.[0] as number);
      loss?.dispose();
    }
    const { mode, reason } = step;
    step.dispose();
    net.dispose();
    return { losses, mode, reason };
  };
  const replayed = await run(({ step, state }) => captureStep(step, state));
  const eager = await run(({ step }) => eagerStep(step, 'asked for'));
  const differing = eager.losses.filter((loss, i) => loss !== replayed.losses[i]).length;
  checkReport(name, [
    checkRow('steps whose loss differs', differing, 0),
    checkRow('steps not replayed', replayed.mode === 'replay' ? 0 : 1, 0, replayed.reason ?? undefined),
  ]);
}
