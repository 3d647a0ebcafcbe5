/**
 * The mean over a batch, of whoever keeps a running one: within `withBatchNormAcross` that of the batch that several
 * engines share, as batch norm's statistics are.
 */
import * as tf from '@tensorflow/tfjs-core';

type Rule = (values: tf.Tensor) => tf.Tensor1D;

let rule: Rule = (values) => tf.reshape(tf.mean(values), [1]);

/** Runs `f` with another rule for `batchMean`. */
export function withBatchMeanRule<T>(other: Rule, f: () => T): T {
  const before = rule;
  rule = other;
  try {
    return f();
  } finally {
    rule = before;
  }
}

/**
 * Mean of all values, [1]. Differentiable to any order; within `withBatchNormAcross` to the first.
 * @param values at least one.
 */
export const batchMean: Rule = (values) => rule(values);
