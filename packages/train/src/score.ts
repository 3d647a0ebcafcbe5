/** How a classifier does on a batch, and on all batches of a split: the sums are added in the batches' order. */
import { type CapturedStep, captureStep, weightState } from '@neusim/core';
import type { Batch } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Of one batch. Counts and sums, so that scores add up. */
export interface Score {
  readonly count: number;
  readonly wrong: number;
  /** Images whose label is not among the five largest logits. */
  readonly outside5: number;
  /** Sum of the cross-entropies. */
  readonly loss: number;
  /** [labels, predictions], row-major. */
  readonly confusion: Int32Array;
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
  const confusion = new Int32Array(classes * classes);
  let [wrong, outside5, loss] = [0, 0, 0];
  for (const [index, label] of labels.entries()) {
    const row = logits.subarray(index * classes, (index + 1) * classes);
    const { predicted, rank } = place(row, label);
    confusion[label * classes + predicted]!++;
    if (predicted !== label || rank > 0) wrong++;
    if (rank >= 5) outside5++;
    loss += logSumExp(row) - (row[label] as number);
  }
  return { count: labels.length, wrong, outside5, loss, confusion };
}

/** @param scores of all batches, one at least. */
export function evaluationOf(scores: readonly Score[], classes: number): Evaluation {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  const count = sum((score) => score.count);
  const cell = (label: number, predicted: number) =>
    sum(({ confusion }) => confusion[label * classes + predicted] as number);
  const all = Array.from({ length: classes }, (_, i) => i);
  return {
    count,
    error: (100 * sum(({ wrong }) => wrong)) / count,
    top5Error: classes > 5 ? (100 * sum(({ outside5 }) => outside5)) / count : null,
    loss: sum(({ loss }) => loss) / count,
    confusion: all.map((label) => all.map((predicted) => cell(label, predicted))),
  };
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
