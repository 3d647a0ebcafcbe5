// A pass over every image of a split, on as many threads as it is worth, with its progress shown.

import { multiplyAdds } from '@neusim/core';
import { type Dataset, readImages } from '@neusim/datasets';
import { cores } from '@neusim/platform';
import { type EvaluationReport, evaluationReport } from '@neusim/report';
import { createPool, type Evaluation, evaluate, type TrainConfig } from '@neusim/train';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { trainWorkerUrl } from './worker-url';

/** Multiply-adds of a pass from which on starting threads for it pays: some seconds of one core. */
const WORTH_THREADS = 2e10;

export type SplitName = EvaluationReport['split'];

export interface Pass {
  readonly dataset: Dataset;
  readonly split: SplitName;
  readonly config: Pick<TrainConfig, 'transform' | 'normalize' | 'evaluation'>;
  /** Threads; default: the cores, where there is enough to do. */
  readonly workers?: number | undefined;
  /** Modules of the plug-ins, for the threads. */
  readonly plugins?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** @throws NeusimError what `evaluate` throws; the signal's reason */
export async function evaluateSplit(model: LayersModel, pass: Pass): Promise<Evaluation> {
  const { dataset, split, config, signal, onProgress } = pass;
  const size = pass.workers ?? threadsFor(model, dataset[split].count);
  const pool = size > 1 ? await createPool({ url: trainWorkerUrl, size, data: pass.plugins }) : undefined;
  try {
    return await evaluate(model, dataset[split], {
      batchSize: config.evaluation.batchSize,
      transform: config.transform,
      normalize: config.normalize,
      signal,
      pool,
      ...(onProgress && { onProgress }),
    });
  } finally {
    await pool?.close();
  }
}

function threadsFor(model: LayersModel, images: number): number {
  const isOneCore = ['wasm', 'cpu'].includes(tf.getBackend());
  return isOneCore && multiplyAdds(model) * images > WORTH_THREADS ? cores() : 1;
}

/** What a report shows of it. */
export function reportOn(
  evaluation: Evaluation,
  { dataset, split: name }: Pick<Pass, 'dataset' | 'split'>,
): Promise<EvaluationReport> {
  const split = dataset[name];
  return evaluationReport({
    ...evaluation,
    split: name,
    classes: dataset.classes,
    labels: split.labels,
    shape: split.shape,
    read: (indices) => readImages(split, indices),
    ...(split.nameOf && { nameOf: (index: number) => split.nameOf?.(index) as string }),
  });
}
