/** How a classifier does on a batch, and on all batches of a split: the sums are added in the batches' order. */
import { type CapturedStep, captureStep, weightState } from '@neusim/core';
import type { Batch } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a classifier makes of each image, in the images' order. */
export interface Predictions {
  /** The class of the largest logit, the first of equals. */
  readonly predicted: Int32Array;
  /** Of that class, by the softmax. */
  readonly probability: Float32Array;
  /** Cross-entropy of the label. */
  readonly loss: Float32Array;
}

/** Of one batch. Counts and sums, so that scores add up. */
export interface Score {
  readonly count: number;
  readonly wrong: number;
  /** Images whose label is not among the five largest logits. */
  readonly outside5: number;
  /** Sum of the cross-entropies. */
  readonly loss: number;
  readonly predictions: Predictions;
}

export interface Evaluation {
  readonly count: number;
  /** Percent of the images whose largest logit is not their label's. */
  readonly error: number;
  /** Percent of the images whose label is not among the five largest logits; null with five classes or fewer. */
  readonly top5Error: number | null;
  /** Mean cross-entropy of the softmax, without smoothing. */
  readonly loss: number;
  /** confusion[label][predicted], in images. */
  readonly confusion: readonly (readonly number[])[];
  readonly predictions: Predictions;
}

/** Where the batches of an evaluation may be scored besides here. */
export interface Scorer {
  /** In the batches' order. */
  scores(batches: Iterable<Promise<Batch>>, signal: AbortSignal | undefined): AsyncIterable<Score>;
}

/** The model's inference: from images [B,H,W,C] to logits [B,classes]. On engines that record steps it is replayed. */
export function inference(model: LayersModel): CapturedStep {
  return captureStep(
    ([x]) => [tf.tidy(() => model.apply(x as tf.Tensor) as tf.Tensor2D)],
    weightState(model),
  );
}

/** @param infer of `inference`. */
export async function scoreBatch(
  infer: CapturedStep,
  { images, labels, shape }: Pick<Batch, 'images' | 'labels' | 'shape'>,
): Promise<Score> {
  const [output] = (await infer.run([{ values: images, shape }])) as [tf.Tensor2D];
  const classes = output.shape[1];
  const logits = (await output.data()) as Float32Array;
  output.dispose();
  const count = labels.length;
  const predictions = emptyPredictions(count);
  let [wrong, outside5, loss] = [0, 0, 0];
  for (const [index, label] of labels.entries()) {
    const row = logits.subarray(index * classes, (index + 1) * classes);
    const { predicted, rank } = place(row, label);
    if (predicted !== label || rank > 0) wrong++;
    if (rank >= 5) outside5++;
    const total = logSumExp(row);
    const own = total - (row[label] as number);
    loss += own;
    predictions.predicted[index] = predicted;
    predictions.probability[index] = Math.exp((row[predicted] as number) - total);
    predictions.loss[index] = own;
  }
  return { count, wrong, outside5, loss, predictions };
}

/** @param scores of all batches, one at least. @param labels of all images. */
export function evaluationOf(
  scores: readonly Score[],
  labels: ArrayLike<number>,
  classes: number,
): Evaluation {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  const count = sum((score) => score.count);
  const predictions = emptyPredictions(count);
  let from = 0;
  for (const score of scores) {
    for (const key of ['predicted', 'probability', 'loss'] as const)
      predictions[key].set(score.predictions[key], from);
    from += score.count;
  }
  return {
    count,
    error: (100 * sum(({ wrong }) => wrong)) / count,
    top5Error: classes > 5 ? (100 * sum(({ outside5 }) => outside5)) / count : null,
    loss: sum(({ loss }) => loss) / count,
    confusion: confusionOf(labels, predictions.predicted, classes),
    predictions,
  };
}

function emptyPredictions(count: number): Predictions {
  return {
    predicted: new Int32Array(count),
    probability: new Float32Array(count),
    loss: new Float32Array(count),
  };
}

function confusionOf(labels: ArrayLike<number>, predicted: Int32Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [index, found] of predicted.entries()) counts[labels[index] as number]![found]!++;
  return counts;
}

/** The class of the largest logit (the first of equals), and how many logits are larger than the label's. */
function place(row: Float32Array, label: number): { predicted: number; rank: number } {
  const own = row[label] as number;
  let [predicted, rank] = [0, 0];
  for (const [index, logit] of row.entries()) {
    if (logit > (row[predicted] as number)) predicted = index;
    // A logit that is no number ranks before the label's, so that a broken network is never right by chance.
    if (!(logit <= own)) rank++;
  }
  return { predicted, rank };
}

function logSumExp(row: Float32Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}
