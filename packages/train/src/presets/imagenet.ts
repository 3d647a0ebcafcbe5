/**
 * The paper's ImageNet table (Liu et al. 2019; method: §10), whose networks and training are not published: these networks
 * are inferred from the numbers of parameters, the schedule is that of the authors' DCNets (Liu et al. 2018), and crops, batch
 * and warm-up are the field's customs. 700,000 steps of 128 are 70 epochs and, for the baseline, 6e17 floating-point
 * operations: 165 hours at a steady TFLOP a second. Shorten `steps` and `schedule.at` together for less.
 */
import type { Preset } from './preset';

const imagenet = {
  dataset: { name: 'imagenet', size: 256 },
  steps: 700_000,
  batchSize: 128,
  transform: { centerCrop: 224 },
  // Mean and deviation of ImageNet's images, as everybody has them.
  normalize: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  augment: { randomResizedCrop: {}, flip: true },
  optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  schedule: { name: 'step', at: [200_000, 375_000, 550_000], factor: 0.1, warmup: 2000 },
  l2: { filter: 1e-4, predictor: 1e-4, norm: 1e-4 },
  evaluation: { every: 10_000, batchSize: 100 },
  checkpoint: { every: 5000, keep: 3 },
  log: { every: 100 },
} as const satisfies Omit<Preset['config'], 'model'>;

const preset = (name: string, summary: string, options: object): Preset => ({
  name,
  summary: `ImageNet, hundreds of hours: ${summary}`,
  config: { name, model: { name: 'nsn-imagenet-10', ...options }, ...imagenet },
});

export const imagenetPresets: readonly Preset[] = [
  preset('cnn-imagenet', 'the baseline CNN of ten convolutions', { similarity: 'inner-product' }),
  preset('cnn-plus-imagenet', 'CNN++, the baseline as large as dynamic DNS', {
    similarity: 'inner-product',
    width: 67,
  }),
  preset('nsn-imagenet', 'dynamic diagonal similarity', { similarity: 'dynamic-dns' }),
];
