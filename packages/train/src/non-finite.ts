/** The error of a run whose loss is no number any more: where it began, and what to go back to. */
import type { WeightInfo } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';

/**
 * @param step number of the step whose loss it is, from 1.
 * @param grads of the step at hand; the weights are those it was made with.
 * @param checkpoint path of the last good one.
 */
export async function nonFinite(
  step: number,
  loss: number,
  weights: readonly WeightInfo[],
  grads: tf.NamedTensorMap,
  checkpoint: string | null,
): Promise<NeusimError> {
  const place = await firstNonFinite(weights, grads);
  const where = place
    ? `the ${place.what} of ${place.weight} are the first that are not finite`
    : 'all weights are finite';
  return new NeusimError('TRAIN_NON_FINITE', `the loss of step ${step} is ${loss}: ${where}`, {
    data: {
      step,
      loss,
      layer: place?.layer ?? null,
      weight: place?.weight ?? null,
      what: place?.what ?? null,
      checkpoint,
    },
    hint: `Lower the learning rate or lengthen the warm-up. ${
      checkpoint ? `The last good checkpoint is ${checkpoint}.` : 'There is no checkpoint to go back to.'
    }`,
  });
}

async function firstNonFinite(weights: readonly WeightInfo[], grads: tf.NamedTensorMap) {
  for (const [what, read] of [
    ['weights', ({ variable }: WeightInfo) => variable.read()],
    ['gradients', ({ variable }: WeightInfo) => grads[variable.name]],
  ] as const)
    for (const info of weights) {
      const value = read(info);
      if (value && !(await allFinite(value))) return { what, layer: info.layer, weight: info.name };
    }
  return undefined;
}

async function allFinite(value: tf.Tensor): Promise<boolean> {
  // x·0 is 0 for every number and NaN for all else.
  const sum = tf.tidy(() => tf.sum(tf.mul(value, 0)));
  const [zero] = await sum.data();
  sum.dispose();
  return zero === 0;
}
