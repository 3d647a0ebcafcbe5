/** The losses of episodes. */
import { softmaxCrossEntropy } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/** Rows with a 1 at the label's place: [n,way]; way may be 1, which tf.oneHot refuses. */
export function oneHot(labels: Int32Array, way: number): tf.Tensor2D {
  const values = new Float32Array(labels.length * way);
  for (const [place, label] of labels.entries()) values[place * way + label] = 1;
  return tf.tensor2d(values, [labels.length, way]);
}

/** Mean cross-entropy of logits [n,way] and labels. Differentiable to any order. */
export function crossEntropy(labels: Int32Array, logits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => softmaxCrossEntropy(oneHot(labels, logits.shape[1]), logits));
}
