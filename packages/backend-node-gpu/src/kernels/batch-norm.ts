/** Batch norm's forward and gradient in training, by TensorFlow's fused kernels for the CPU. */
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD, type BatchNormAttrs } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { execute } from '../tensorflow';
import { nativeKernel } from './native-kernel';

type T1 = tf.Tensor1D;

const types = ['T', 'U'];

export const batchNormTraining = nativeKernel<{ x: tf.Tensor; gamma: T1; beta: T1 }, BatchNormAttrs>(
  BATCH_NORM_TRAINING,
  ({ inputs: { x, gamma } }) => [x.shape, gamma.shape, gamma.shape],
  ({ inputs: { x, gamma, beta }, attrs, native }) => {
    const none = tf.tensor1d([]);
    const inputs = [asMap(x), gamma, beta, none, none];
    const attributes = { ...common(attrs), exponential_avg_factor: 1 };
    const options = { outputs: 6, types };
    const [y, mean, unbiased] = execute(native, 'FusedBatchNormV3', attributes, inputs, options) as [
      tf.Tensor,
      T1,
      T1,
    ];
    // TensorFlow gives the variance times n/(n − 1), for its running averages.
    const count = x.size / gamma.size;
    const variance = tf.mul(unbiased, Math.max(1, count - 1) / count);
    return [tf.reshape(y, x.shape), mean, variance];
  },
);

export const batchNormTrainingGrad = nativeKernel<
  { x: tf.Tensor; dy: tf.Tensor; gamma: T1; mean: T1; variance: T1 },
  BatchNormAttrs
>(
  BATCH_NORM_TRAINING_GRAD,
  ({ inputs: { x, gamma } }) => [x.shape, gamma.shape, gamma.shape],
  ({ inputs: { x, dy, gamma, mean, variance }, attrs, native }) => {
    const inputs = [asMap(dy), asMap(x), gamma, mean, variance, tf.tensor1d([])];
    const options = { outputs: 5, types };
    const [dx, dgamma, dbeta] = execute(native, 'FusedBatchNormGradV3', common(attrs), inputs, options) as [
      tf.Tensor,
      T1,
      T1,
    ];
    return [tf.reshape(dx, x.shape), dgamma, dbeta];
  },
);

const common = ({ epsilon }: BatchNormAttrs) => ({ epsilon, data_format: 'NHWC', is_training: true });

/** [..., C] as the map [rows,1,1,C]. */
function asMap(x: tf.Tensor): tf.Tensor4D {
  return tf.reshape(x, [-1, 1, 1, x.shape[x.rank - 1] as number]);
}
