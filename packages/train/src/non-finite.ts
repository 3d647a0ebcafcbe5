/** The error of a run whose numbers are none any more: where it began, and what to go back to. */
import type { WeightInfo } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from './checkpoint/format';

/** The first tensor that is not finite, in the order of the layers. */
export interface Place {
  readonly what: 'weights' | 'gradients' | 'state';
  readonly layer: string;
  readonly weight: string;
}

/**
 * @param step number of the step whose loss it is, from 1.
 * @param checkpoint path of the last good one.
 */
export function nonFinite(
  step: number,
  loss: number | null,
  place: Place | undefined,
  checkpoint: string | null,
): NeusimError {
  const { what = null, layer = null, weight = null } = place ?? {};
  const where = place
    ? `the ${what} of ${weight} are the first that are not finite`
    : 'all weights are finite';
  const said =
    loss === null
      ? `step ${step} ended with weights that are no numbers`
      : `the loss of step ${step} is ${loss}`;
  const back = checkpoint
    ? `The last good checkpoint is ${checkpoint}.`
    : 'There is no checkpoint to go back to.';
  return new NeusimError('TRAIN_NON_FINITE', `${said}: ${where}`, {
    data: { step, loss, layer, weight, what, checkpoint },
    hint: `Lower the learning rate or lengthen the warm-up. ${back}`,
  });
}

/** Looks through the weights, then through the gradients of the step at hand. */
export async function findNonFinite(
  weights: readonly WeightInfo[],
  grads: tf.NamedTensorMap,
): Promise<Place | undefined> {
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

/** @throws NeusimError TRAIN_NON_FINITE, so that a checkpoint that is there is one to go back to. */
export function requireFinite(
  step: number,
  tensors: readonly StoredTensor[],
  checkpoint: string | null,
): void {
  const found = tensors.find(({ values }) => !values.every(Number.isFinite));
  if (!found) return;
  const [weight = '', slot] = found.name.split(':');
  const place: Place = {
    what: slot ? 'state' : 'weights',
    layer: weight.slice(0, weight.lastIndexOf('/')),
    weight: found.name,
  };
  throw nonFinite(step, null, place, checkpoint);
}

async function allFinite(value: tf.Tensor): Promise<boolean> {
  // x·0 is 0 for every number and NaN for all else.
  const sum = tf.tidy(() => tf.sum(tf.mul(value, 0)));
  const [zero] = await sum.data();
  sum.dispose();
  return zero === 0;
}
