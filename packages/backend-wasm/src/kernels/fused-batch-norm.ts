/** FusedBatchNorm, tfjs's batch normalisation for inference: one multiplication and one addition a channel. */
import * as tf from '@tensorflow/tfjs-core';
import { composed } from '../override';

export const fusedBatchNorm = composed<tf.FusedBatchNormAttrs>(
  tf.FusedBatchNorm,
  ({ x, mean, variance, offset, scale }, { varianceEpsilon }) => {
    const rstd = tf.rsqrt(tf.add(variance as tf.Tensor, varianceEpsilon));
    const factor = scale ? tf.mul(rstd, scale) : rstd;
    const moved = tf.mul(mean as tf.Tensor, factor);
    const shift = offset ? tf.sub(offset, moved) : tf.neg(moved);
    return tf.add(tf.mul(x as tf.Tensor, factor), shift);
  },
);
