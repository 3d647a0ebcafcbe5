/**
 * ResNet-20 on CIFAR-10 as He et al. 2016 train it: 64,000 steps of 128, weight decay 1e-4, crops of zero-padded images. Pixels
 * are divided by their deviation besides, and the warm-up is what predictors ask for. The option `model.depth` makes them
 * deeper.
 */
import type { Preset } from './preset';

const resnet = {
  dataset: 'cifar-10',
  steps: 64_000,
  batchSize: 128,
  normalize: 'dataset',
  augment: { padCrop: { pad: 4, mode: 'zero' }, flip: true },
  optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  schedule: { name: 'step', at: [32_000, 48_000], factor: 0.1, warmup: 200 },
  l2: { filter: 1e-4, predictor: 1e-4, norm: 1e-4 },
  evaluation: { every: 500, batchSize: 100 },
  checkpoint: { every: 500, keep: 3 },
  log: { every: 20 },
} as const satisfies Omit<Preset['config'], 'model'>;

const preset = (name: string, summary: string, similarity: string): Preset => ({
  name,
  summary,
  config: { name, model: { name: 'nsn-resnet', similarity }, ...resnet },
});

export const resnetPresets: readonly Preset[] = [
  preset('resnet-20', 'ResNet-20, plain', 'inner-product'),
  preset('nsn-resnet-20', 'ResNet-20, dynamic diagonal similarity', 'dynamic-dns'),
];
