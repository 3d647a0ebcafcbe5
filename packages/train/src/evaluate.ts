/** Testing a classifier on every image of a split, once. */
import { evaluationBatches, type Normalize, type Split } from '@neusim/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from './breathe';
import { checkSplit } from './check-split';

export interface EvaluateOptions {
  /** Default 100; the last batch may be smaller. */
  readonly batchSize?: number;
  /** As in training; default `none`. */
  readonly normalize?: Normalize;
  /** Stops between two batches. */
  readonly signal?: AbortSignal;
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

/**
 * Runs the model in inference on every image of the split, in order.
 * @param model [B,height,width,channels] to logits [B,classes].
 * @throws NeusimError DATASET_EMPTY, DATASET_BAD_COUNT, DATASET_BAD_LABEL (with `data` { split, index, label,
 *   classes }), DATASET_BAD_BATCH, DATASET_BAD_NORMALIZE; and the signal's reason, where it stops the pass.
 */
export async function evaluate(
  model: LayersModel,
  split: Split,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const pass = evaluation(model, split, options);
  let next = await pass.next();
  while (!next.done) next = await pass.next();
  return next.value;
}

/** The same, batch by batch: yields the number of images done. */
export async function* evaluation(
  model: LayersModel,
  split: Split,
  { batchSize = 100, normalize = 'none', signal }: EvaluateOptions,
): AsyncGenerator<number, Evaluation> {
  const classes = model.outputs[0]?.shape[1] as number;
  checkSplit(split, classes, 'given');
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const pause = breathe();
  let [wrong, outside5, loss, done] = [0, 0, 0, 0];
  for (const { images, labels, shape } of evaluationBatches(split, batchSize, normalize)) {
    const output = tf.tidy(() => model.apply(tf.tensor4d(images, shape)) as tf.Tensor2D);
    const logits = (await output.data()) as Float32Array;
    output.dispose();
    for (const [index, label] of labels.entries()) {
      const row = logits.subarray(index * classes, (index + 1) * classes);
      const { predicted, rank } = place(row, label);
      (confusion[label] as number[])[predicted]!++;
      if (predicted !== label || rank > 0) wrong++;
      if (rank >= 5) outside5++;
      loss += logSumExp(row) - (row[label] as number);
    }
    done += labels.length;
    yield done;
    await pause();
    signal?.throwIfAborted();
  }
  const { count } = split;
  return {
    count,
    error: (100 * wrong) / count,
    top5Error: classes > 5 ? (100 * outside5) / count : null,
    loss: loss / count,
    confusion,
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
