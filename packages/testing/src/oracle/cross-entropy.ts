/**
 * Softmax cross-entropy in float64, with the two habits of the authors' CIFAR code:
 *
 *     p = softmax(logits) + epsilon               (not renormalised)
 *     t = (1 - labelSmoothing) · labels + labelSmoothing / classes
 *     loss = mean over the batch of -Σ t · log p
 *
 * The loss of an empty batch is 0.
 */
import { type NdArray, ndArray } from './array';

export interface CrossEntropyOptions {
  /** In [0, 1); default 0. */
  readonly labelSmoothing?: number;
  /** At least 0; default 0. */
  readonly epsilon?: number;
}

/** Softmax over the last axis of [..., classes]. */
export function softmaxForward(logits: NdArray): NdArray {
  const classes = logits.shape.at(-1) ?? 1;
  const p = ndArray(logits.shape);
  for (let row = 0; row < logits.data.length; row += classes) {
    const values = logits.data.subarray(row, row + classes);
    const largest = Math.max(...values);
    const exponentials = values.map((value) => Math.exp(value - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    for (let k = 0; k < classes; k++) p.data[row + k] = exponentials[k]! / total;
  }
  return p;
}

/** The mean loss of labels and logits [B, classes]; labels are one-hot or soft. */
export function crossEntropyForward(
  labels: NdArray,
  logits: NdArray,
  options: CrossEntropyOptions = {},
): number {
  const { targets, batch, epsilon } = prepare(labels, options);
  const logarithms = logProbabilities(logits, epsilon);
  return targets.reduce((loss, target, i) => loss - (target * logarithms[i]!) / batch, 0);
}

/**
 * Gradients of the mean loss by labels and logits, [B, classes] each. With q = softmax and r = q / (q + epsilon),
 * dlogits = (q · Σ t·r - t·r) / B.
 */
export function crossEntropyGradients(labels: NdArray, logits: NdArray, options: CrossEntropyOptions = {}) {
  const { targets, batch, epsilon, kept, classes } = prepare(labels, options);
  const dlabels = ndArray(
    labels.shape,
    logProbabilities(logits, epsilon).map((logarithm) => (-kept * logarithm) / batch),
  );
  const dlogits = ndArray(logits.shape);
  const q = softmaxForward(logits).data;
  const pulls = targets.map((target, i) => target * (epsilon === 0 ? 1 : q[i]! / (q[i]! + epsilon)));
  for (let row = 0; row < targets.length; row += classes) {
    const pull = pulls.subarray(row, row + classes).reduce((sum, value) => sum + value, 0);
    for (let i = row; i < row + classes; i++) dlogits.data[i] = (q[i]! * pull - pulls[i]!) / batch;
  }
  return { dlabels, dlogits };
}

/** log(softmax + epsilon); without epsilon as differences of logits, finite where softmax underflows to 0. */
function logProbabilities(logits: NdArray, epsilon: number): Float64Array {
  if (epsilon > 0) return softmaxForward(logits).data.map((p) => Math.log(p + epsilon));
  const classes = logits.shape.at(-1) ?? 1;
  const logarithms = new Float64Array(logits.data.length);
  for (let row = 0; row < logits.data.length; row += classes) {
    const values = logits.data.subarray(row, row + classes);
    const largest = Math.max(...values);
    const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    for (let k = 0; k < classes; k++) logarithms[row + k] = values[k]! - largest - Math.log(total);
  }
  return logarithms;
}

function prepare(labels: NdArray, { labelSmoothing = 0, epsilon = 0 }: CrossEntropyOptions) {
  const classes = labels.shape.at(-1) ?? 1;
  const kept = 1 - labelSmoothing;
  const targets = labels.data.map((label) => kept * label + labelSmoothing / classes);
  return { targets, kept, classes, epsilon, batch: Math.max(1, labels.data.length / classes) };
}
