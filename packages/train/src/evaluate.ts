/** Testing a classifier on every image of a split, once. */
import { evaluationBatches, type Normalize, type Split, type Transform } from '@neusim/datasets';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe } from './breathe';
import { checkSplit } from './check-split';
import { openReplicas } from './parallel/replicas';
import type { Pool } from './pool/pool';
import { currentBackend } from './prepare';
import { type Evaluation, evaluationOf, inference, type Score, type Scorer, scoreBatch } from './score';

export interface EvaluateOptions {
  /** Default 100; the last batch may be smaller. */
  readonly batchSize?: number;
  /** As in training; default: images as they are stored. */
  readonly transform?: Transform | undefined;
  /** As in training; default `none`. */
  readonly normalize?: Normalize;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Workers that have `trainTasks`: each gets the model, and the batches are spread over them. Same results. */
  readonly pool?: Pool | undefined;
  /** Told after each batch. */
  onProgress?(done: number, total: number): void;
}

/**
 * Runs the model in inference on every image of the split, in order.
 * @param model [B,height,width,channels] to logits [B,classes].
 * @throws NeusimError DATASET_EMPTY, DATASET_BAD_COUNT, DATASET_BAD_LABEL (with `data` { split, index, label,
 *   classes }), DATASET_BAD_BATCH, DATASET_BAD_TRANSFORM, DATASET_BAD_NORMALIZE; what `pool.each` throws; and the signal's reason, where it
 *   stops the pass.
 */
export async function evaluate(
  model: LayersModel,
  split: Split,
  { pool, onProgress, ...options }: EvaluateOptions = {},
): Promise<Evaluation> {
  if (pool) checkSplit(split, classesOf(model), 'given');
  const replicas = pool && (await openReplicas(pool, model, currentBackend()));
  await replicas?.load();
  const pass = evaluation(model, split, options, replicas);
  let next = await pass.next();
  for (; !next.done; next = await pass.next()) onProgress?.(next.value, split.count);
  return next.value;
}

/** The same, batch by batch: yields the number of images done. */
export async function* evaluation(
  model: LayersModel,
  split: Split,
  { batchSize = 100, transform, normalize = 'none', signal }: Omit<EvaluateOptions, 'pool' | 'onProgress'>,
  scorer: Scorer = here(model),
): AsyncGenerator<number, Evaluation> {
  const classes = classesOf(model);
  checkSplit(split, classes, 'given');
  const scores: Score[] = [];
  let done = 0;
  const batches = evaluationBatches(split, batchSize, normalize, transform);
  for await (const score of scorer.scores(batches, signal)) {
    scores.push(score);
    done += score.count;
    yield done;
  }
  return evaluationOf(scores, split.labels, classes);
}

const here = (model: LayersModel): Scorer => ({
  async *scores(batches, signal) {
    const pause = breathe();
    const infer = inference(model);
    try {
      for await (const batch of batches) {
        yield await scoreBatch(infer, batch);
        await pause();
        signal?.throwIfAborted();
      }
    } finally {
      infer.dispose();
    }
  },
});

const classesOf = (model: LayersModel) => model.outputs[0]?.shape[1] as number;
