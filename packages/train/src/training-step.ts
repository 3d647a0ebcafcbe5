/** One step's loss and gradients. */
import { softmaxCrossEntropy, variableGradients, type WeightInfo } from '@neusim/core';
import type { Batch } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';

export interface StepResult {
  /** Mean cross-entropy of the batch (and what the model's own layers add to it), times the share. */
  readonly loss: tf.Scalar;
  /** By the name of the weight's variable. */
  readonly grads: tf.NamedTensorMap;
}

/**
 * The step of a batch. The caller disposes of what it gets.
 * @param share of this batch in a larger one, in (0, 1]: loss and gradients of its parts then add up to those of the
 *   whole.
 */
export function trainingStep(
  model: LayersModel,
  weights: readonly WeightInfo[],
  { images, labels, shape }: Pick<Batch, 'images' | 'labels' | 'shape'>,
  loss: TrainConfig['loss'],
  share = 1,
): StepResult {
  const x = tf.tensor4d(images, shape);
  const y = tf.tensor1d(labels, 'int32');
  try {
    return gradientsOf(model, weights, x, y, loss, share);
  } finally {
    tf.dispose([x, y]);
  }
}

/** The same of a batch's tensors. @param x [B,H,W,C]. @param labels [B], whole numbers. */
export function gradientsOf(
  model: LayersModel,
  weights: readonly WeightInfo[],
  x: tf.Tensor4D,
  labels: tf.Tensor1D,
  loss: TrainConfig['loss'],
  share = 1,
): StepResult {
  const variables = weights.map(({ variable }) => variable.read() as tf.Variable);
  return tf.tidy(() => {
    const classes = model.outputs[0]?.shape[1] as number;
    // Not oneHot's own dtype: tfjs-wasm writes whole numbers into the memory of float32.
    const target = tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D;
    const { value, grads } = variableGradients(() => {
      const logits = model.apply(x, { training: true }) as tf.Tensor2D;
      const entropy = softmaxCrossEntropy(target, logits, loss);
      const whole = model.calculateLosses().reduce<tf.Scalar>((sum, own) => tf.add(sum, own), entropy);
      return share === 1 ? whole : tf.mul(whole, share);
    }, variables);
    return { loss: value, grads };
  });
}
