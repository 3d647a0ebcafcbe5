/**
 * Hyperspherical networks on CIFAR-10 as the authors' code trains them (method: §9, §12): Adam, images flipped and no more,
 * pixels around zero. The penalty of orthogonality, 2e-4, is the similarity's and the block's own.
 */
import type { Preset } from './preset';

const sphere = {
  dataset: 'cifar-10',
  steps: 64_000,
  batchSize: 128,
  normalize: { mean: [127.5, 127.5, 127.5], std: [128, 128, 128] },
  augment: { flip: true },
  loss: { labelSmoothing: 0.01, epsilon: 1e-4 },
  optimizer: { name: 'adam', learningRate: 1e-3 },
  schedule: { name: 'step', at: [34_000, 54_000], factor: 0.1 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
  evaluation: { every: 500, batchSize: 100 },
  checkpoint: { every: 500, keep: 3 },
  log: { every: 20 },
} as const satisfies Omit<Preset['config'], 'model'>;

const preset = (name: string, summary: string, model: Preset['config']['model']): Preset => ({
  name,
  summary,
  config: { name, model, ...sphere },
});

export const spherePresets: readonly Preset[] = [
  preset('cnn-sphere-9', 'the plain network that SphereNet-9 is compared with', {
    name: 'sphere-net-9',
    similarity: 'inner-product',
  }),
  preset('sphere-net-9', 'SphereNet-9: cosine convolutions', 'sphere-net-9'),
  preset('global-sphere-net', 'SphereNet with global neural similarity', 'global-sphere-net'),
];
