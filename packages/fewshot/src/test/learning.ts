/** What every method's test asks: gradients of all weights, a loss that falls, nothing left behind. */
import { describeWeights, variableGradients, type WeightInfo } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

const trained = (model: LayersModel) => describeWeights(model).filter(({ trainable }) => trainable);

const gradients = (loss: () => tf.Scalar, weights: readonly WeightInfo[]) =>
  variableGradients(
    loss,
    weights.map(({ variable }) => variable.read() as tf.Variable),
  );

/** Names of the trainable weights that a loss has no gradient for, or one of zeros throughout. */
export async function withoutGradient(model: LayersModel, loss: () => tf.Scalar): Promise<string[]> {
  const weights = trained(model);
  const { value, grads } = gradients(loss, weights);
  const names: string[] = [];
  for (const weight of weights) {
    const gradient = grads[weight.variable.name];
    if (!gradient || (await gradient.data()).every((each) => each === 0)) names.push(weight.name);
  }
  tf.dispose([value, grads]);
  return names;
}

/** The losses of so many steps of gradient descent on one batch. */
export async function descend(
  model: LayersModel,
  loss: () => tf.Scalar,
  rate: number,
  steps = 10,
): Promise<number[]> {
  const weights = trained(model);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { value, grads } = gradients(loss, weights);
    losses.push((await value.data())[0]!);
    tf.tidy(() => {
      for (const weight of weights) {
        const gradient = grads[weight.variable.name];
        if (gradient) weight.variable.write(tf.sub(weight.variable.read(), tf.mul(gradient, rate)));
      }
    });
    tf.dispose([value, grads]);
  }
  return losses;
}

/** A model's weights by name. */
export async function weightsOf(model: LayersModel): Promise<Record<string, number[]>> {
  const entries = await Promise.all(
    describeWeights(model).map(async ({ name, variable }) => [
      name,
      Array.from(await variable.read().data()),
    ]),
  );
  return Object.fromEntries(entries);
}
