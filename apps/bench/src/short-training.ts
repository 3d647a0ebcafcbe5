/** A few steps of `nsn-cifar` with a predicted M on made-up images: what the suite `workers` times. */
import type { Dataset, Split } from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';
import { type TrainWorkers, train } from '@neusim/train';
import { registry } from './registry';

export interface ShortTraining {
  readonly width: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly workers: number;
}

function noise(count: number): Split {
  const images = Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  return { count, shape: [32, 32, 3], images, labels };
}

/**
 * Trains on the engine that is started.
 * @param ready awaited before the first step.
 * @returns milliseconds a step, without the first.
 */
export async function shortTraining(
  { width, batchSize, steps, workers }: ShortTraining,
  module: TrainWorkers | undefined,
  ready: () => Promise<void> = async () => {},
): Promise<number> {
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  const dataset: Dataset = {
    name: 'noise',
    shape: [32, 32, 3],
    classes,
    train: noise(batchSize),
    test: noise(2),
  };
  const config = {
    dataset: 'noise',
    model: { name: 'nsn-cifar', similarity: 'dynamic-dns', width },
    optimizer: { name: 'sgd', learningRate: 1e-3 },
    normalize: 'unit',
    steps,
    batchSize,
    workers,
  } as const;
  for await (const event of train(config, { registry, dataset, workers: module })) {
    if (event.type === 'start') await ready();
    if (event.type === 'end') return (1000 * batchSize) / (event.result.trainImagesPerSecond as number);
  }
  throw new NeusimError('BENCH_NO_RESULT', 'the training ended without a result');
}
