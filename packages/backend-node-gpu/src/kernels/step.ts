/**
 * Step, by which tfjs differentiates ReLU, as the sign of a ReLU: NaN stays NaN. tfjs-node composes it of eight
 * operations, a tenth of a small network's training step.
 */
import * as tf from '@tensorflow/tfjs-core';
import { nativeKernel } from './native-kernel';

export const step = nativeKernel<{ x: tf.Tensor }, tf.StepAttrs>(
  tf.Step,
  ({ inputs: { x } }) => [x.shape],
  ({ inputs: { x }, attrs: { alpha } }) => {
    const above = tf.sign(tf.relu(x.dtype === 'float32' ? x : tf.cast(x, 'float32')));
    return alpha === 0 ? above : tf.add(tf.mul(above, 1 - alpha), alpha);
  },
);
