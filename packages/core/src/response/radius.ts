/**
 * The operator radius ρ of a decoupled response, learned: ρ = (r² + 1e-4)·mean‖patch‖ with r of each filter, 1 at the start
 * (method: §13, as in the authors' code). The mean is the batch's in training, gradients flow through it, and it moves a
 * running mean of decay 0.999 that inference takes. Dividing the weight of the start out of that is our choice, as batch
 * norm has it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';
import type { Call, Weight } from '../parts';
import { batchMean } from '../seam/batch-mean';

const DECAY = 0.999;
const LEAST = 1e-4;

/** r [F], the running mean of ‖patch‖ [1], and the weight that batches have in it, 1 − decayᵗ [1]. */
export function radiusWeights(filters: number): Weight[] {
  const state = { shape: [1], role: 'norm', trainable: false } as const;
  return [
    { name: 'radius', shape: [filters], init: initializers.ones(), role: 'similarity' },
    { ...state, name: 'mean_norm', init: initializers.ones() },
    { ...state, name: 'seen', init: initializers.zeros() },
  ];
}

/**
 * ρ [F].
 * @param norms ‖patch‖ [B,H',W',1]. @param weights those of `radiusWeights`. @param first their place among the part's.
 */
export function learnedRadius(
  norms: tf.Tensor4D,
  weights: readonly tf.Tensor[],
  call: Call,
  first: number,
): tf.Tensor1D {
  const [r, running, seen] = weights as [tf.Tensor, tf.Tensor, tf.Tensor];
  // Of no image there is no mean.
  const isMoving = call.training && norms.size > 0;
  const mean = isMoving ? batchMean(norms) : running;
  if (isMoving) {
    const share = tf.add(tf.mul(seen, DECAY), 1 - DECAY);
    const moved = tf.add(running, tf.mul(tf.sub(mean, running), tf.div(1 - DECAY, share)));
    call.write(first + 1, moved);
    call.write(first + 2, share);
  }
  return tf.mul(tf.add(tf.square(r), LEAST), mean);
}
