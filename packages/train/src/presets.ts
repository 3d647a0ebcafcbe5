/**
 * Configs with a name. Those for CIFAR are the paper's experiments (Liu et al. 2019; method: §9) on CIFAR-10, with
 * two differences that starting well asks for: 200 steps of warm-up, and predictors that start at M = I.
 * `nsn-cifar-authors` has neither, as the published code. Set `dataset` to train them on CIFAR-100.
 */
import { NeusimError } from '@neusim/registry';
import type { TrainConfigInput } from './config';
import { imagenetPresets } from './presets/imagenet';
import type { Preset } from './presets/preset';
import { resnetPresets } from './presets/resnet';
import { spherePresets } from './presets/sphere';

export type { Preset };

const cifar = {
  dataset: 'cifar-10',
  steps: 42_500,
  batchSize: 128,
  normalize: 'none',
  augment: { padCrop: { pad: 4, mode: 'mirror' }, flip: true },
  loss: { labelSmoothing: 0.01, epsilon: 1e-4 },
  optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  schedule: { name: 'step', at: [20_000, 30_000, 37_500], factor: 0.1, warmup: 200 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
  evaluation: { every: 500, batchSize: 100 },
  checkpoint: { every: 500, keep: 3 },
  log: { every: 20 },
} as const satisfies Omit<TrainConfigInput, 'model'>;

/** A little over 3 epochs, with a learning rate that starts high and ends at zero. */
const digits = {
  dataset: 'digits',
  steps: 400,
  batchSize: 64,
  normalize: 'unit',
  loss: { labelSmoothing: 0.01 },
  optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  schedule: { name: 'cosine', end: 0, warmup: 50 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
  evaluation: { every: 100, batchSize: 100 },
  checkpoint: { every: 100, keep: 2 },
  log: { every: 10 },
} as const satisfies Omit<TrainConfigInput, 'model'>;

/**
 * Any folder of images, at 32×32: 26 epochs of 10,000 images. 200 classes of Tiny ImageNet take two cores a quarter of an
 * hour. The sizes are ours.
 */
const imageFolder = {
  dataset: { name: 'image-folder', size: 32 },
  steps: 4000,
  batchSize: 64,
  normalize: 'unit',
  augment: { padCrop: { pad: 4, mode: 'mirror' }, flip: true },
  loss: { labelSmoothing: 0.1 },
  optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9 },
  schedule: { name: 'cosine', end: 0, warmup: 100 },
  l2: { filter: 5e-4, predictor: 5e-4, norm: 5e-4 },
  evaluation: { every: 1000, batchSize: 100 },
  checkpoint: { every: 500, keep: 2 },
  log: { every: 20 },
} as const satisfies Omit<TrainConfigInput, 'model'>;

const onCifar = (name: string, summary: string, model: TrainConfigInput['model']): Preset => ({
  name,
  summary,
  config: { name, model, ...cifar },
});
const onDigits = (name: string, summary: string, model: TrainConfigInput['model']): Preset => ({
  name,
  summary,
  config: { name, model, ...digits },
});
const nsn = (similarity: string, options = {}) => ({ name: 'nsn-cifar', similarity, ...options });

/** Every preset. */
export const presets: readonly Preset[] = [
  onCifar('cnn-cifar', 'the baseline CNN', 'cnn-cifar'),
  onCifar('cnn-plus-cifar', 'CNN++: the baseline, as large as dynamic DNS', { name: 'cnn-cifar', width: 43 }),
  onCifar('cnn-plus-plus-cifar', 'CNN++: the baseline, as large as dynamic UNS', {
    name: 'cnn-cifar',
    width: 64,
  }),
  onCifar('nsn-cifar-static-dns', 'static diagonal similarity', nsn('static-dns')),
  onCifar('nsn-cifar-static-uns', 'static unconstrained similarity', nsn('static-uns')),
  onCifar('nsn-cifar', 'dynamic diagonal similarity', nsn('dynamic-dns')),
  onCifar('nsn-cifar-dynamic-uns', 'dynamic unconstrained similarity', nsn('dynamic-uns')),
  onCifar(
    'nsn-cifar-shared',
    'dynamic diagonal similarity, one predictor for all layers',
    nsn('dynamic-dns', { parameterization: 'shared' }),
  ),
  onCifar(
    'nsn-cifar-full-sphere',
    'dynamic diagonal similarity, both convolutions of the predictor hyperspherical',
    nsn('dynamic-dns', {
      predictor: { name: 'sphere', normalizeInput: [true, true], normalizeKernel: [true, true] },
    }),
  ),
  {
    name: 'nsn-cifar-authors',
    summary: "dynamic diagonal similarity exactly as the authors' code starts and schedules it",
    config: {
      name: 'nsn-cifar-authors',
      model: nsn('dynamic-dns', { predictor: { name: 'sphere', start: 'authors' } }),
      ...cifar,
      schedule: { ...cifar.schedule, warmup: 0 },
    },
  },
  ...resnetPresets,
  ...spherePresets,
  ...imagenetPresets,
  onDigits('cnn-digits', 'a small plain network', 'cnn-digits'),
  onDigits('nsn-digits-static-uns', 'the small network, static unconstrained similarity', {
    name: 'nsn-digits',
    similarity: 'static-uns',
  }),
  onDigits('nsn-digits', 'the small network, dynamic diagonal similarity', {
    name: 'nsn-digits',
    similarity: 'dynamic-dns',
  }),
  {
    name: 'image-folder',
    summary: 'a folder of image files at 32×32, static unconstrained similarity',
    config: {
      name: 'image-folder',
      model: { name: 'nsn-cifar', similarity: 'static-uns', depth: 2, normDecay: 0.99 },
      ...imageFolder,
    },
  },
];

/** The preset of a name. @throws NeusimError PRESET_UNKNOWN with those known. */
export function findPreset(name: string): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found) return found;
  const known = presets.map((preset) => preset.name);
  throw new NeusimError('PRESET_UNKNOWN', `there is no preset '${name}'`, {
    data: { name, known },
    hint: `Known: ${known.join(', ')}.`,
  });
}
