/** One step's loss and gradients. */
import { softmaxCrossEntropy, variableGradients, type WeightInfo, withBatchShare } from '@neusim/core';
import type { Batch } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';

/** What the update of a step takes. */
export interface StepResult {
  /**
   * Mean cross-entropy of the batch (and what the model's own layers add to it), times the share. Of a mixed batch, that of
   * the mixed labels, λ·CE(labels) + (1 − λ)·CE(mixed.labels): with λ between 0 and 1 it cannot reach 0.
   */
  readonly loss: tf.Scalar;
  /** By the name of the weight's variable. */
  readonly grads: tf.NamedTensorMap;
}

/** Of a batch, or of a part of one. */
export type StepBatch = Pick<Batch, 'images' | 'labels' | 'shape' | 'mixed'>;

/** Labels as tensors: [B], whole numbers. */
export interface StepLabels {
  readonly labels: tf.Tensor1D;
  /** The second labels, and λ of the first, [1]. */
  readonly mixed?: { readonly labels: tf.Tensor1D; readonly share: tf.Tensor1D } | undefined;
}

/**
 * The step of a batch. The caller disposes of what it gets.
 * @param share of this batch in a larger one, in (0, 1]: loss and gradients of its parts then add up to those of the
 *   whole.
 */
export function trainingStep(
  model: LayersModel,
  weights: readonly WeightInfo[],
  { images, labels, shape, mixed }: StepBatch,
  loss: TrainConfig['loss'],
  share = 1,
): StepResult {
  const x = tf.tensor4d(images, shape);
  const y = tf.tensor1d(labels, 'int32');
  const second = mixed && {
    labels: tf.tensor1d(mixed.labels, 'int32'),
    share: tf.tensor1d([mixed.share]),
  };
  try {
    return gradientsOf(model, weights, x, { labels: y, mixed: second }, loss, share);
  } finally {
    tf.dispose([x, y]);
    if (second) tf.dispose([second.labels, second.share]);
  }
}

/** The same of a batch's tensors. @param x [B,H,W,C]. */
export function gradientsOf(
  model: LayersModel,
  weights: readonly WeightInfo[],
  x: tf.Tensor4D,
  { labels, mixed }: StepLabels,
  loss: TrainConfig['loss'],
  share = 1,
): StepResult {
  const variables = weights.map(({ variable }) => variable.read() as tf.Variable);
  return tf.tidy(() => {
    const classes = model.outputs[0]?.shape[1] as number;
    // Not oneHot's own dtype: tfjs-wasm writes whole numbers into the memory of float32.
    const oneHot = (of: tf.Tensor1D) => tf.cast(tf.oneHot(of, classes), 'float32') as tf.Tensor2D;
    const first = oneHot(labels);
    // Cross-entropy is linear in its target: that of mixed targets is the mix of both.
    const target = mixed
      ? tf.add<tf.Tensor2D>(tf.mul(first, mixed.share), tf.mul(oneHot(mixed.labels), tf.sub(1, mixed.share)))
      : first;
    const { value, grads } = variableGradients(() => {
      const logits = withBatchShare(share, () => model.apply(x, { training: true })) as tf.Tensor2D;
      const entropy = softmaxCrossEntropy(target, logits, loss);
      const whole = model.calculateLosses().reduce<tf.Scalar>((sum, own) => tf.add(sum, own), entropy);
      return share === 1 ? whole : tf.mul(whole, share);
    }, variables);
    return { loss: value, grads };
  });
}
